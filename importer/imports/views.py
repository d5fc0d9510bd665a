"""The imports' pages: the list of them here, the wizard's steps in the modules beside it."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from importer.imports.models import Import
from importer.imports.wizard.frame import of_import
from importer.imports.wizard.steps import furthest, step_url
from importer.teams.requests import TeamRequest

PAGE_ROWS = 25


@require_safe
def imports(request: TeamRequest) -> HttpResponse:
    """All imports of the team, newest first; `?q=` looks for a file name."""
    query = request.GET.get("q", "").strip()
    mine = Import.objects.visible_to(request.user).for_list()
    if query:
        mine = mine.filter(source_name__icontains=query)
    page = Paginator(mine, PAGE_ROWS).get_page(request.GET.get("page"))
    return render(request, "imports/list.html", {"page": page, "query": query})


@require_safe
@of_import
def go_on(request: TeamRequest, import_: Import) -> HttpResponse:
    """Where this import stands."""
    return redirect(step_url(import_, furthest(import_)))
