"""Step 1 before there is a file: choose or paste one; a script sends it piece by piece."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.files import File
from django.http import Http404, HttpResponse, JsonResponse, UnreadablePostError
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from importer.imports import tasks, uploading
from importer.imports.uploads import PIECE_BYTES, Misfit, Upload
from importer.imports.wizard.forms import AnnouncementForm, PasteForm, UploadForm
from importer.imports.wizard.steps import Step, step_url
from importer.teams.models import Team
from importer.teams.requests import TeamRequest

BYTES = "application/octet-stream"  # Django reads nothing of it before we do


def new(request: TeamRequest) -> HttpResponse:
    """Begin an import with a file, or with a table that was pasted."""
    team = _team(request)
    pasted = "text" in request.POST
    sent = request.method == "POST" and not pasted
    upload = UploadForm(request.POST, request.FILES) if sent else UploadForm()
    paste = PasteForm(request.POST) if pasted else PasteForm()
    for form in (upload, paste):
        if form.is_valid():
            return _begin_import(request, team, form.source())
    return render(request, "imports/new.html", {"form": upload, "paste": paste})


def _begin_import(request: TeamRequest, team: Team, file: File[bytes]) -> HttpResponse:
    import_ = uploading.begin_import(team, request.user, file)
    tasks.nudge(import_)
    return redirect(step_url(import_, Step.FILE))


@require_POST
def begin_upload(request: TeamRequest) -> HttpResponse:
    """Where the file's next piece goes: to an upload that was broken off, or to a new one."""
    _team(request)
    form = AnnouncementForm(request.POST)
    if not form.is_valid():
        [sentence, *_] = [sentence for errors in form.errors.values() for sentence in errors]
        return JsonResponse({"error": sentence}, status=400)
    return _where(Upload.objects.begin(request.user, **form.cleaned_data))


def _of_sender(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The view gets the upload if it is the person's own; a misfit is told where to go on."""

    @require_POST
    @wraps(view)
    def opened(request: TeamRequest, pk: UUID, **more: Any) -> HttpResponse:
        upload = get_object_or_404(Upload.objects.of(request.user), pk=pk)
        try:
            return view(request, upload, **more)
        except Misfit:
            return _where(upload, status=409)
        except Upload.DoesNotExist:  # discarded meanwhile
            raise Http404 from None

    return opened


@_of_sender
def append_piece(request: TeamRequest, upload: Upload, offset: int) -> HttpResponse:
    """Take the piece that begins at `offset`."""
    if request.content_type != BYTES:
        return HttpResponse(status=415)
    try:
        piece = request.read(PIECE_BYTES + 1)
    except UnreadablePostError:  # the line broke; who sent it asks again
        return HttpResponse(status=400)
    if len(piece) > PIECE_BYTES:
        return HttpResponse(status=413)
    upload.append(offset, piece)
    return _where(upload)


@_of_sender
def finish_upload(request: TeamRequest, upload: Upload) -> HttpResponse:
    """The file is whole: its import begins, and is shown."""
    import_ = uploading.finish(upload)
    tasks.nudge(import_)
    return JsonResponse({"url": step_url(import_, Step.FILE)})


@_of_sender
def discard_upload(request: TeamRequest, upload: Upload) -> HttpResponse:
    """Forget what has come."""
    upload.discard()
    return HttpResponse(status=204)


def _where(upload: Upload, status: int = 200) -> JsonResponse:
    """How far the upload is, and the addresses to go on at."""
    told = {
        "received": upload.received,
        "next": reverse("imports:append_piece", args=[upload.pk, upload.received]),
        "finish": reverse("imports:finish_upload", args=[upload.pk]),
        "discard": reverse("imports:discard_upload", args=[upload.pk]),
    }
    return JsonResponse(told, status=status)


def _team(request: TeamRequest) -> Team:
    if request.user.team is None:
        raise PermissionDenied
    return request.user.team
