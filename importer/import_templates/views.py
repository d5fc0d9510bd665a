"""The team's templates: what there is, and taking one away."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from importer.audit.models import record
from importer.import_templates.models import ImportTemplate
from importer.teams.requests import TeamRequest


def templates(request: TeamRequest) -> HttpResponse:
    """All templates of the team."""
    mine = ImportTemplate.objects.visible_to(request.user)
    context = {"templates": mine.select_related("connection", "created_by")}
    return render(request, "import_templates/list.html", context)


@require_POST
def delete(request: TeamRequest, pk: int) -> HttpResponse:
    """Take the template away; imports that used it keep their mapping."""
    template = get_object_or_404(ImportTemplate.objects.visible_to(request.user), pk=pk)
    record("deleted", template, request.user, name=template.name)
    template.delete()
    messages.success(request, f"Template “{template.name}” was deleted.")
    return redirect("import_templates:list")
