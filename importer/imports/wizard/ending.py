"""Steps 6 and 8, Confirm and Result: go, and see what came of it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from importer.audit.models import record
from importer.imports import choosing, files, tasks
from importer.imports.models import Import, Run
from importer.imports.running import estimating, fixing, starting
from importer.imports.running.starting import Plan, PlanOutdated
from importer.imports.wizard import outcome_pages, undo, unknown_rows
from importer.imports.wizard.forms import TemplateNameForm
from importer.imports.wizard.frame import import_of, of_import, show, wizard_step
from importer.imports.wizard.steps import Step, furthest, step_url
from importer.imports.wizard.terms import TermsForm
from importer.teams.requests import TeamRequest

REPORTS = {
    files.PROBLEMS_XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    files.PROBLEMS_CSV: "text/csv; charset=utf-8",
    files.OUTCOMES_CSV: "text/csv; charset=utf-8",
}


@wizard_step(Step.CONFIRM)
def confirm(request: TeamRequest, import_: Import) -> HttpResponse:
    """The plan and its terms; a second click finds the import on its way."""
    if not import_.is_draft:
        return redirect(step_url(import_, Step.PROGRESS))
    try:
        plan = starting.plan(import_)
        form = TermsForm(request.POST or None, import_=import_, plan=plan)
        if form.is_valid():
            starting.start(import_, request.user, request.POST.get("plan", ""), form.terms())
            tasks.nudge(import_)
            return redirect(step_url(import_, Step.PROGRESS))
    except PlanOutdated as error:
        messages.warning(request, str(error))
        if not choosing.what_does_not_fit(import_):
            choosing.check_again(import_)
            tasks.nudge(import_)
        return redirect(step_url(import_, furthest(import_)))
    return show(request, import_, Step.CONFIRM, _planned(import_, plan, form))


def _planned(import_: Import, plan: Plan, form: TermsForm) -> dict[str, Any]:
    module = import_.destination()
    key = module.field(import_.find_by).label if import_.find_by else ""
    cleared = import_.check_summary.clears if import_.check_summary else ()
    labels = {field.api_name: field.label for field in module.fields}
    return {
        "plan": plan,
        "form": form,
        "module": module,
        "key": key,
        "cleared": [{"label": labels[c.field], "cells": c.cells} for c in cleared if c.cells],
        "kinds": len(import_.groups),
        "takes": _takes(import_, plan),
    }


def _takes(import_: Import, plan: Plan) -> str:
    """How long it may take, in words; blank if this connection has never had such a part."""
    connection = import_.connection
    if connection is None or not plan.parts:
        return ""
    part = estimating.of_a_part(connection, min(plan.to_send, plan.part_rows))
    if part is None:
        return ""
    return estimating.in_words(estimating.of_parts(part, plan.parts, connection.jobs_in_flight))


@wizard_step(Step.RESULT)
def result(request: TeamRequest, import_: Import) -> HttpResponse:
    """The balance line, what went wrong and why, and what to do next."""
    runs = import_.runs.exclude(state=Run.State.DRAFT).select_related("created_by")
    context: dict[str, Any] = {"template_form": TemplateNameForm(), "runs": runs}
    if import_.balance:
        context |= outcome_pages.result(import_, import_.balance)
        context["to_fix"] = fixing.to_fix(import_)
        context["undo"] = undo.panel(import_)
        context["unknown"] = unknown_rows.panel(import_)
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
