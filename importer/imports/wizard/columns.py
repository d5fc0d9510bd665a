"""Step 3, Columns: which column fills which field. Each change is saved at once."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from importer.crm.schema import Operation
from importer.imports import choosing, tasks
from importer.imports.models import Import
from importer.imports.wizard.column_forms import ColumnsForm
from importer.imports.wizard.frame import show, wizard_step
from importer.imports.wizard.steps import Step, step_url
from importer.teams import metadata
from importer.teams.requests import TeamRequest


@wizard_step(Step.COLUMNS)
def columns(request: TeamRequest, import_: Import) -> HttpResponse:
    """One line a column; what is still missing stays on top."""
    if "fields" in request.POST and import_.connection:
        metadata.module(import_.connection, import_.module, fresh=True)
        messages.success(request, "The fields are as the CRM has them now.")
        return redirect(step_url(import_, Step.COLUMNS))
    form = _form(request, import_)
    unfinished: list[str] = []
    if request.method == "POST" and import_.is_draft and form.is_valid():
        choosing.choose_mapping(import_, request.user, form.mapping())
        unfinished = list(form.unfinished())
        if not request.htmx and not unfinished and not choosing.what_does_not_fit(import_):
            choosing.ask(import_)
            tasks.nudge(import_)
            return redirect(step_url(import_, Step.VALUES))
    context = {
        "form": form,
        "wrong": [*choosing.what_does_not_fit(import_), *unfinished] if import_.is_draft else [],
        "redrawn": form.changed() if request.htmx else [],
        "matched": len(import_.mapping.columns),
        "tried": request.method == "POST" and not request.htmx,
    }
    return show(request, import_, Step.COLUMNS, context)


def _form(request: TeamRequest, import_: Import) -> ColumnsForm:
    if import_.table is None:
        raise ValueError(f"{import_} has no table yet")
    return ColumnsForm(
        request.POST or None,
        table=import_.table,
        mapping=import_.mapping,
        module=import_.destination(),
        operation=Operation(import_.operation),
        find_by=import_.find_by,
    )
