"""Steps 6 to 8, Confirm, Progress and Result: go, watch it happen, see what came of it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from importer.audit.models import record
from importer.imports import choosing, files, tasks
from importer.imports.models import Import, Part
from importer.imports.running import pausing, starting
from importer.imports.running.starting import PlanOutdated
from importer.imports.wizard import outcome_pages
from importer.imports.wizard.forms import TemplateNameForm
from importer.imports.wizard.frame import import_of, of_import, show, wizard_step
from importer.imports.wizard.steps import Step, furthest, step_url
from importer.teams.requests import TeamRequest

REPORTS = {
    files.PROBLEMS_XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    files.PROBLEMS_CSV: "text/csv; charset=utf-8",
    files.OUTCOMES_CSV: "text/csv; charset=utf-8",
}


@wizard_step(Step.CONFIRM)
def confirm(request: TeamRequest, import_: Import) -> HttpResponse:
    """The plan; a second click finds the import on its way."""
    if not import_.is_draft:
        return redirect(step_url(import_, Step.PROGRESS))
    try:
        if request.method == "POST":
            starting.start(import_, request.user, request.POST.get("plan", ""))
            tasks.nudge(import_)
            return redirect(step_url(import_, Step.PROGRESS))
        plan = starting.plan(import_)
    except PlanOutdated as error:
        messages.warning(request, str(error))
        if not choosing.what_does_not_fit(import_):
            choosing.check_again(import_)
            tasks.nudge(import_)
        return redirect(step_url(import_, furthest(import_)))
    module = import_.destination()
    key = module.field(import_.find_by).label if import_.find_by else ""
    return show(request, import_, Step.CONFIRM, {"plan": plan, "module": module, "key": key})


@wizard_step(Step.PROGRESS)
def progress(request: TeamRequest, import_: Import) -> HttpResponse:
    """How far it is. The fragment of an ended import asks for nothing more."""
    parts = list(Part.objects.of(import_.pk).defer("fields_json"))
    context = {
        "parts": [
            {"number": part.number, "state": part.state, "label": part.get_state_display()}
            for part in parts
        ],
        "stages": outcome_pages.stages(import_, parts),
        "done": sum(part.rows_done for part in parts),
        "to_send": sum(part.rows for part in parts),
        "unsent": [part for part in parts if part.state in Part.UNSENT],
        "with_crm": [p for p in parts if p.state not in Part.UNSENT and not p.is_ended],
        "waiting": next((p.reason for p in parts if p.reason and not p.is_ended), ""),
    }
    return show(request, import_, Step.PROGRESS, context)


@require_POST
@of_import
def stop(request: TeamRequest, import_: Import) -> HttpResponse:
    """Send nothing more of this import."""
    pausing.stop(import_, request.user)
    tasks.nudge(import_)
    return redirect(step_url(import_, Step.PROGRESS))


@wizard_step(Step.RESULT)
def result(request: TeamRequest, import_: Import) -> HttpResponse:
    """The balance line, what went wrong and why, and what to do next."""
    context: dict[str, Any] = {"template_form": TemplateNameForm()}
    if import_.balance:
        context |= outcome_pages.result(import_, import_.balance)
    return show(request, import_, Step.RESULT, context)


@require_POST
@of_import
def save_template(request: TeamRequest, import_: Import) -> HttpResponse:
    """Keep the choices of this import for the next file of its kind."""
    form = TemplateNameForm(request.POST)
    if form.is_valid() and import_.mapping_json:
        template = choosing.save_template(import_, request.user, form.cleaned_data["name"])
        messages.success(request, f"Saved as template “{template.name}” for your team.")
    else:
        messages.error(request, "Give the template a name.")
    return redirect(step_url(import_, Step.RESULT))


@require_safe
def report(request: TeamRequest, pk: UUID, name: str) -> FileResponse:
    """One of the import's reports, as a download."""
    import_ = import_of(request, pk)
    if name not in REPORTS or not import_.files.exists(name):
        raise Http404
    record("report_downloaded", import_, request.user, report=name)
    stem = import_.source_name.rpartition(".")[0] or import_.source_name
    return FileResponse(
        import_.files.open(name),
        as_attachment=True,
        filename=f"{stem} - {name}",
        content_type=REPORTS[name],
    )
