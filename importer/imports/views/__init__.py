"""The imports' pages: the list of them here, the wizard's steps in the modules beside it."""

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from importer.imports.models import Import
from importer.imports.steps import furthest, step_url
from importer.imports.views.frame import import_of
from importer.teams.requests import TeamRequest

PAGE_ROWS = 25


@require_safe
def imports(request: TeamRequest) -> HttpResponse:
    """All imports of the team, newest first; `?q=` looks for a file name."""
    query = request.GET.get("q", "").strip()
    mine = Import.objects.visible_to(request.user).select_related("created_by", "connection")
    if query:
        mine = mine.filter(source_name__icontains=query)
    page = Paginator(mine, PAGE_ROWS).get_page(request.GET.get("page"))
    return render(request, "imports/list.html", {"page": page, "query": query})


@require_safe
def go_on(request: TeamRequest, pk: UUID) -> HttpResponse:
    """Where this import stands."""
    import_ = import_of(request, pk)
    return redirect(step_url(import_, furthest(import_)))
