"""The page of a person's notices."""

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from importer.imports.models import Notice
from importer.teams.requests import TeamRequest

PAGE_NOTICES = 25


@require_safe
def notices(request: TeamRequest) -> HttpResponse:
    """What this person was told, newest first."""
    mine = Notice.objects.of(request.user)
    page = Paginator(mine.for_list(), PAGE_NOTICES).get_page(request.GET.get("page"))
    return render(request, "imports/notices.html", {"page": page})


@require_safe
def see(request: TeamRequest, pk: UUID) -> HttpResponse:
    """What the notice tells of; it has been seen then."""
    mine = Notice.objects.of(request.user).filter(pk=pk)
    notice = get_object_or_404(mine)
    mine.mark_read()
    return redirect(notice.url)


@require_POST
def read_all(request: TeamRequest) -> HttpResponse:
    """They have been seen."""
    Notice.objects.of(request.user).mark_read()
    return redirect("notices:list")
