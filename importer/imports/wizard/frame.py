"""What all steps share: whose import it is, the stepper around, the work to wait for."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string

from importer.crm.errors import CrmError
from importer.imports.choosing import NotADraft
from importer.imports.models import Import, Notice
from importer.imports.wizard.steps import Step, can_open, furthest, step_url, stepper
from importer.teams.requests import TeamRequest

# Of the steps' pages, that htmx may ask for.
FRAGMENTS = {"destination", "status", "progress", "reading"}

View = Callable[[TeamRequest, Import], HttpResponse]
Opened = Callable[[TeamRequest, UUID], HttpResponse]


def import_of(request: TeamRequest, pk: UUID) -> Import:
    """The import, if the person's team owns it; otherwise 404."""
    mine = Import.objects.visible_to(request.user).select_related("connection", "created_by")
    import_: Import = get_object_or_404(mine, pk=pk)
    return import_


def of_import(view: View) -> Opened:
    """The view gets the import; what stops it is told in a sentence."""

    @wraps(view)
    def opened(request: TeamRequest, pk: UUID) -> HttpResponse:
        import_ = import_of(request, pk)
        try:
            return view(request, import_)
        except NotADraft as error:
            messages.info(request, str(error))
            return redirect("imports:go_on", pk)
        except CrmError as error:
            context = {"import_": import_, "error": error}
            return render(request, "imports/crm_error.html", context, status=502)

    return opened


def wizard_step(step: Step) -> Callable[[View], Opened]:
    """As `of_import`; a step that cannot be opened yet leads to where the import stands."""

    def decorate(view: View) -> Opened:
        @of_import
        @wraps(view)
        def opened(request: TeamRequest, import_: Import) -> HttpResponse:
            if not can_open(import_, step):
                return redirect(step_url(import_, furthest(import_)))
            return view(request, import_)

        return opened

    return decorate


def show(
    request: TeamRequest, import_: Import, step: Step, context: dict[str, Any] | None = None
) -> HttpResponse:
    """The step's page; for htmx the fragment named like its target, and the stepper anew."""
    template = f"imports/{step}.html"
    frame = {"import_": import_, "steps": stepper(import_, step), **(context or {})}
    if not request.htmx and step in (Step.PROGRESS, Step.RESULT):
        Notice.objects.of(request.user).filter(for_import=import_).mark_read()
    if not request.htmx or request.htmx.target not in FRAGMENTS:
        return render(request, template, frame)
    fragment = render(request, f"{template}#{request.htmx.target}", frame)
    fragment.write(render_to_string("components/stepper.html", frame | {"swap": True}))
    return fragment


def working(request: TeamRequest, import_: Import, step: Step) -> HttpResponse | None:
    """The page that waits for the worker; None when there is nothing to wait for.

    htmx asks again and again; the answer to the first question after the end reloads the page.
    """
    if import_.state not in Import.GOING and import_.work:
        if request.htmx:
            return render(request, "imports/working.html#work", {"import_": import_})
        frame = {"import_": import_, "steps": stepper(import_, step)}
        return render(request, "imports/working.html", frame)
    if request.htmx and request.htmx.target in ("work", "reading"):
        return HttpResponse(headers={"HX-Refresh": "true"})
    return None
