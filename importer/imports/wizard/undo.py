"""Undo: what it would do is looked at and shown, then a person decides."""

from typing import Any

import polars as pl
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from importer.bulk import Reversal, scan_ledger
from importer.crm.schema import Module
from importer.imports import causes, files, tasks
from importer.imports.models import Import
from importer.imports.running import undoing
from importer.imports.running.undoing import CannotUndo, UndoPlan
from importer.imports.wizard.frame import of_import, working
from importer.imports.wizard.steps import Step, step_url, stepper
from importer.teams.requests import TeamRequest

SHOWN = 10
NOTHING_LEFT = "There is nothing that undo could take back."
NOT_KEPT = "the values from before the run were not kept."


@require_http_methods(["GET", "HEAD", "POST"])
@of_import
def undo(request: TeamRequest, import_: Import) -> HttpResponse:
    """What undo would do, once a worker has looked; a POST has it looked at anew."""
    step = Step.PROGRESS if import_.is_open else Step.RESULT
    if request.method == "POST":
        return _ask(request, import_, step)
    waiting = working(request, import_, step)
    if waiting:
        return waiting
    run = undoing.draft(import_)
    plan = undoing.plan(run) if run else None
    until = undoing.until(import_)
    if plan is None or until is None:
        return redirect(step_url(import_, step))
    links = _links(import_, [edited.record_id for edited in plan.edited])
    context = {
        "import_": import_,
        "steps": stepper(import_, step),
        "back": step_url(import_, step),
        "run": run,
        "plan": plan,
        "sentences": sentences(plan, import_.destination()),
        "edited": [
            {"row": edited.row, "words": edited.words, "url": links.get(edited.record_id)}
            for edited in plan.edited
        ],
        "more": plan.kept - len(plan.edited),
        "until": until,
        "is_tried": import_.is_open,
    }
    return render(request, "imports/undo.html", context)


@require_POST
@of_import
def confirm_undo(request: TeamRequest, import_: Import) -> HttpResponse:
    """Undo as it was shown; a second click finds it on its way."""
    run = request.POST.get("run", "")
    try:
        undoing.confirm(import_, request.user, int(run) if run.isdecimal() else 0)
    except CannotUndo as error:
        messages.warning(request, str(error))
        return redirect("imports:go_on", import_.pk)
    tasks.nudge(import_)
    return redirect(step_url(import_, Step.PROGRESS))


def panel(import_: Import) -> dict[str, Any]:
    """What the result page says of undo: until when it can be done, what an earlier one left."""
    with import_.files.read(files.LEDGER) as path:
        left = scan_ledger(path).filter(pl.col("reversal") != Reversal.REVERSED.value)
        kept = left.filter(pl.col("reversal") == Reversal.KEPT.value)
        shown = kept.select("row", "record_id", "reversal_detail").head(SHOWN).collect()
        count = kept.select(pl.len()).collect().item()
        failed = (
            left.filter(pl.col("reversal") == Reversal.FAILED.value)
            .group_by(text="reversal_detail")
            .agg(count=pl.len(), first=pl.col("row").sort().head(causes.FIRST_ROWS))
            .sort("count", "text", descending=[True, False])
            .collect()
        )
    links = _links(import_, shown["record_id"].to_list())
    return {
        "until": undoing.until(import_),
        "kept": count,
        "edited": [
            {"row": row, "words": words, "url": links.get(record_id)}
            for row, record_id, words in shown.iter_rows()
        ],
        "more": count - shown.height,
        "failed": [
            {
                "severity": "error",
                "title": "Not taken back",
                "count": found["count"],
                "text": found["text"],
                "rows": causes.rows_in_words(found["first"], found["count"]),
            }
            for found in failed.iter_rows(named=True)
        ],
    }


def sentences(plan: UndoPlan, module: Module) -> list[str]:
    """What undo would do, and what it would not."""
    acts = []
    if plan.delete:
        acts.append(f"delete {plan.delete:,} new {_noun(plan.delete, module)}")
    if plan.restore:
        ones = "one" if plan.restore == 1 else "ones"
        noun = ones if plan.delete else _noun(plan.restore, module)
        acts.append(f"put back {plan.restore:,} changed {noun}")
    told = [f"Undo will {' and '.join(acts)}." if acts else NOTHING_LEFT]
    if plan.kept:
        left = "was" if plan.kept == 1 else "were"
        it = "it is" if plan.kept == 1 else "they are"
        told.append(f"{plan.kept:,} {left} edited by people since and will be left as {it}.")
    if plan.gone:
        told.append(f"{plan.gone:,} of the new ones {_are(plan.gone)} deleted already.")
    if plan.back:
        told.append(f"{plan.back:,} of the changed ones {_have(plan.back)} the values from before.")
    if plan.impossible:
        told.append(f"{plan.impossible:,} cannot be put back: {NOT_KEPT}")
    if plan.lost:
        told.append(f"{', '.join(plan.lost)} will not be put back: the CRM shows such texts cut.")
    return told


def _noun(count: int, module: Module) -> str:
    return (module.singular if count == 1 else module.label).lower()


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _have(count: int) -> str:
    return "has" if count == 1 else "have"


def _ask(request: TeamRequest, import_: Import, step: Step) -> HttpResponse:
    try:
        undoing.preview(import_, request.user)
    except CannotUndo as error:
        messages.warning(request, str(error))
        return redirect(step_url(import_, step))
    tasks.nudge(import_)
    return redirect("imports:undo", import_.pk)


def _links(import_: Import, record_ids: list[str]) -> dict[str, str]:
    """Where people open the records."""
    organisation, connection = import_.organisation, import_.connection
    if organisation is None or connection is None or not record_ids:
        return {}
    with connection.client() as crm:
        return {one: crm.record_url(organisation, import_.module, one) for one in record_ids}
