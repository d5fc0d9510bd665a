"""Step 1, File: see what was read, change how it is read."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST
from openpyxl.utils import get_column_letter

from importer.import_templates.models import ImportTemplate
from importer.imports import choosing, tasks
from importer.imports.models import Import
from importer.imports.wizard.frame import of_import, show, wizard_step, working
from importer.imports.wizard.reading_form import ReadingForm
from importer.imports.wizard.steps import Step, step_url
from importer.sheets import Choice, Inspection, Reading
from importer.sheets.text.delimiter import NAMES
from importer.sheets.text.encoding import label
from importer.teams.requests import TeamRequest

CELLS_SHOWN, LEAST_ROWS_SHOWN = 10_000, 20
YOURS = "You chose it."
TERMS = {
    "sheet": "Sheet",
    "encoding": "Encoding",
    "delimiter": "Separator",
    "header_row": "Header row",
    "last_row": "Last row",
}


@wizard_step(Step.FILE)
def file(request: TeamRequest, import_: Import) -> HttpResponse:
    """What was read, how, and why so; the first rows already while the others are read."""
    waiting = _working(request, import_)
    if waiting:
        return waiting
    form = ReadingForm(import_, request.POST or None) if import_.inspection else None
    if form and form.is_valid():
        choosing.choose_reading(import_, request.user, form.choice())
        tasks.nudge(import_)
        changed = urlencode({"changed": form.changed()}, doseq=True)
        return redirect(f"{step_url(import_, Step.FILE)}?{changed}")
    earlier = Import.objects.of_the_same_file(import_).select_related("created_by")
    context: dict[str, Any] = {"form": form, "same_file": earlier.first()}
    if import_.inspection:
        context |= _as_read(import_.inspection)
        context["changed"] = _changed(request, import_.inspection)
        context["is_before"] = _is_before(import_)
        context["was_chosen"] = import_.choice != Choice()
    if import_.table:
        templates = ImportTemplate.objects.visible_to(request.user)
        context["templates"] = templates.for_headers(import_.table.headers)
    page = show(request, import_, Step.FILE, context)
    if request.htmx.target == "work":  # a page without the first rows is waiting for them
        page["HX-Retarget"] = page["HX-Reselect"] = "main"  # sooner there than by a reload
        page["HX-Reswap"] = "outerHTML show:window:top"
    return page


def _working(request: TeamRequest, import_: Import) -> HttpResponse | None:
    """As `working`; once the first rows are known, their page is shown instead."""
    reading = import_.is_draft and import_.work == Import.Work.READ
    if not reading or import_.inspected_for != import_.work_number:
        return working(request, import_, Step.FILE)
    return None


def _is_before(import_: Import) -> bool:
    """Whether the last change could not be read, and what we know is as it was before."""
    return import_.table is None and import_.inspected_for != import_.work_number


def _as_read(inspection: Inspection) -> dict[str, Any]:
    """The first rows with the header marked, and what was detected, each with its reason."""
    header = _header(inspection.reading)
    width = max((len(row.cells) for row in inspection.preview), default=1)
    rows = max(CELLS_SHOWN // width, LEAST_ROWS_SHOWN)
    preview = [
        {"number": row.row, "cells": row.cells, "is_header": row.row in header}
        for row in inspection.preview[:rows]
    ]
    return {
        "inspection": inspection,
        "detected": [
            {"term": "Format", "text": inspection.reasons["format"]},
            *(
                {"term": TERMS[name], "text": f"{fact}. {inspection.reasons.get(name, YOURS)}"}
                for name, fact in _facts(inspection).items()
            ),
        ],
        "preview": preview,
        "letters": _letters(width),
    }


def _facts(inspection: Inspection) -> dict[str, str]:
    """How the file is read, in words, by the names of `Reading`."""
    reading = inspection.reading
    facts = {
        "sheet": reading.sheet,
        "encoding": reading.encoding and label(reading.encoding),
        "delimiter": NAMES.get(reading.delimiter or "", reading.delimiter),
        "header_row": _rows(_header(reading)),
        "last_row": reading.last_row and str(reading.last_row),
    }
    return {name: fact for name, fact in facts.items() if fact}


def _header(reading: Reading) -> range:
    """The rows that name the columns, as Excel numbers them."""
    first = reading.header_row
    return range(first, first + reading.header_rows) if first else range(0)


def _changed(request: TeamRequest, inspection: Inspection) -> str:
    """What the person has just changed, as it is now; blank if nothing."""
    asked = request.GET.getlist("changed")
    names = {"header_row" if name == "header_rows" else name for name in asked}
    told = {name: fact for name, fact in _facts(inspection).items() if name in names}
    return "; ".join(f"{TERMS[name]}: {fact}" for name, fact in told.items())


def _rows(header: range) -> str:
    if len(header) > 1:
        return f"{header[0]} to {header[-1]}"
    return str(header[0]) if header else "None"


def _letters(count: int) -> list[str]:
    """A, B, … Z, AA, … as spreadsheets call their columns."""
    return [get_column_letter(number) for number in range(1, count + 1)]


@require_POST
@of_import
def use_template(request: TeamRequest, import_: Import) -> HttpResponse:
    """Decide everything as a template says, in one click."""
    templates = ImportTemplate.objects.visible_to(request.user)
    chosen = request.POST.get("template", "")
    template = get_object_or_404(templates, pk=chosen if chosen.isdecimal() else None)
    if import_.table is None:
        messages.info(request, "The file is still being read. Choose the template after that.")
        return redirect(step_url(import_, Step.FILE))
    choosing.apply_template(import_, request.user, template)
    choosing.ask(import_)
    tasks.nudge(import_)
    return redirect(step_url(import_, Step.VALUES))
