"""Rows of which we could not find out what the CRM did: the evidence, and a person's decision."""

from collections.abc import Iterator
from typing import Any

import polars as pl
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import get_text_list
from django.views.decorators.http import require_POST, require_safe

from importer.imports import causes, tasks
from importer.imports.models import Import, Part
from importer.imports.running import settling
from importer.imports.running.evidence import Claim, Evidence
from importer.imports.wizard.frame import of_import
from importer.imports.wizard.steps import Step, step_url
from importer.teams.requests import TeamRequest

SHOWN = 5  # records that were found
CONTRADICTIONS = {
    Claim.THERE: "All rows were looked up, and none was found. Nothing was changed.",
    Claim.NOT_THERE: "Records of this part are in the CRM now. Nothing was changed.",
}
NOT_TOLD = "The CRM's result does not tell of these rows."


def panel(import_: Import) -> dict[str, Any]:
    """What `_unknown.html` shows."""
    told = [_told(part, rows, import_) for part, rows in _undecided(import_)]
    return {"parts": told, "is_looking": any(one["is_looking"] for one in told)}


@require_safe
@of_import
def unknown(request: TeamRequest, import_: Import) -> HttpResponse:
    """The panel while rows are looked up; the answer after the end reloads the page."""
    shown = panel(import_)
    if not shown["is_looking"]:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "imports/_unknown.html", {"import_": import_, "unknown": shown})


@require_POST
@of_import
def look_up(request: TeamRequest, import_: Import) -> HttpResponse:
    """“These rows are in the CRM”: all of them are looked up."""
    return _decide(request, import_, Claim.THERE)


@require_POST
@of_import
def send_again(request: TeamRequest, import_: Import) -> HttpResponse:
    """“They are not there”: unless we find some, they become rows that were not sent."""
    return _decide(request, import_, Claim.NOT_THERE)


def _decide(request: TeamRequest, import_: Import, claim: Claim) -> HttpResponse:
    part, _ = _part(request, import_)
    if import_.connection is None:
        messages.warning(request, "There is no connection to look at the CRM with.")
    else:
        settling.decide(part, claim, request.user)
        tasks.nudge(import_)
    return redirect(step_url(import_, Step.RESULT))


def _part(request: TeamRequest, import_: Import) -> tuple[Part, pl.DataFrame]:
    """The part that was decided about, and its unknown rows by the ledger's columns."""
    given = request.POST.get("part", "")
    for part, rows in _undecided(import_):
        if str(part.pk) == given:
            return part, rows
    raise Http404


def _undecided(import_: Import) -> Iterator[tuple[Part, pl.DataFrame]]:
    """The parts with unknown rows, and these: whole parts, and what a result did not tell of."""
    some = import_.balance is not None and import_.balance.unknown
    states = settling.DECIDABLE if some else [Part.State.UNKNOWN]
    ended = Part.objects.of(import_.pk).filter(state__in=states, run__in=import_.runs.sent())
    for part in ended.select_related("run").defer("fields_json"):
        rows = settling.unknown_rows(part, import_)
        if rows.height:
            yield part, rows


def _told(part: Part, rows: pl.DataFrame, import_: Import) -> dict[str, Any]:
    evidence = settling.evidence_of(part)
    return {
        "part": part,
        "rows": rows.height,
        "first_row": rows["row"].min(),
        "last_row": rows["row"].max(),
        "reason": part.reason or rows["detail"].drop_nulls().first() or NOT_TOLD,
        "evidence": evidence,
        "sentences": list(_sentences(evidence, import_)),
        "found": _found(evidence, import_),
        "is_looking": part.due_at is not None,
    }


def _sentences(evidence: Evidence, import_: Import) -> list[str]:
    """What the latest look showed, in words."""
    if not evidence.looks:
        return []
    said = []
    if evidence.trouble:
        said.append(f"The CRM could not be searched: {evidence.trouble}.")
    if evidence.mark:
        more = " or more" if evidence.marked >= settling.MARKED else ""
        count = f"{evidence.marked:,}{more} records carry"
        marked = count if evidence.marked else "No record carries"
        said.append(f"{marked} the mark of this part, “{evidence.mark}”.")
    if evidence.rows:
        found = f"{len(evidence.found):,}" if evidence.found else "none"
        said.append(
            f"Of {len(evidence.rows):,} rows that we looked up by {_labels(evidence, import_)}, "
            f"{found} had a record that was made since the part was sent."
        )
    elif not evidence.marked and not evidence.trouble:
        said.append("None of the rows has values by which its record can be told from others.")
    return [*said, CONTRADICTIONS[evidence.contradicted]] if evidence.contradicted else said


def _labels(evidence: Evidence, import_: Import) -> str:
    module = import_.destination()
    fields = (causes.field_of(module, name) for name in evidence.fields)
    return get_text_list([field.label for field in fields if field], "and")


def _found(evidence: Evidence, import_: Import) -> list[dict[str, Any]]:
    """The first rows that were found, with their records' addresses in the CRM."""
    organisation, connection = import_.organisation, import_.connection
    if organisation is None or connection is None:
        return []
    with connection.client() as crm:
        return [
            {
                "row": sighting.row,
                "url": crm.record_url(organisation, import_.module, sighting.record_id or ""),
            }
            for sighting in evidence.found[:SHOWN]
        ]
