"""Step 1, File: upload it, see what was read, change how it is read."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST
from openpyxl.utils import get_column_letter

from importer.import_templates.models import ImportTemplate
from importer.imports import choosing, tasks, uploading
from importer.imports.models import Import
from importer.imports.wizard.forms import DELIMITERS, ENCODINGS, ReadingForm, UploadForm
from importer.imports.wizard.frame import of_import, show, wizard_step, working
from importer.imports.wizard.steps import Step, step_url
from importer.sheets.table import Inspection, Reading
from importer.teams.requests import TeamRequest


def new(request: TeamRequest) -> HttpResponse:
    """Begin an import with a file."""
    team = request.user.team
    if team is None:
        raise PermissionDenied
    form = UploadForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        import_ = uploading.begin_import(team, request.user, form.cleaned_data["file"])
        tasks.nudge(import_)
        return redirect(step_url(import_, Step.FILE))
    return render(request, "imports/new.html", {"form": form})


@wizard_step(Step.FILE)
def file(request: TeamRequest, import_: Import) -> HttpResponse:
    """What was read, how, and why so."""
    waiting = working(request, import_, Step.FILE)
    if waiting:
        return waiting
    form = ReadingForm(import_, request.POST or None) if import_.inspection else None
    if form and form.is_valid():
        choosing.choose_reading(import_, request.user, form.reading())
        tasks.nudge(import_)
        return redirect(step_url(import_, Step.FILE))
    context: dict[str, Any] = {"form": form}
    if import_.reading and import_.inspection:
        context |= _as_read(import_.reading, import_.inspection)
    if import_.table:
        templates = ImportTemplate.objects.visible_to(request.user)
        context["templates"] = templates.for_headers(import_.table.headers)
        earlier = Import.objects.of_the_same_file(import_).select_related("created_by")
        context["same_file"] = earlier.first()
    return show(request, import_, Step.FILE, context)


def _as_read(reading: Reading, inspection: Inspection) -> dict[str, Any]:
    """The first rows with the header row marked, and what was detected, each with its reason."""
    known = {"encoding": dict(ENCODINGS), "delimiter": dict(DELIMITERS)}
    facts: dict[str, tuple[str, dict[Any, str]]] = {
        "Format": ("format", {"csv": "Text (CSV)", "xlsx": "Excel workbook"}),
        "Sheet": ("sheet", {}),
        "Encoding": ("encoding", known["encoding"]),
        "Separator": ("delimiter", known["delimiter"]),
        "Header row": ("header_row", {None: "none"}),
    }
    detected = [
        {"term": term, "text": _fact(getattr(reading, name), words, inspection.reasons.get(name))}
        for term, (name, words) in facts.items()
        if getattr(reading, name) is not None or name == "header_row"
    ]
    preview = [
        {"number": row.row, "cells": row.cells, "is_header": row.row == reading.header_row}
        for row in inspection.preview
    ]
    width = max((len(row.cells) for row in inspection.preview), default=0)
    return {"detected": detected, "preview": preview, "letters": _letters(width)}


def _fact(value: Any, words: dict[Any, str], reason: str | None) -> str:
    text = words.get(value, str(value))
    return f"{text}. {reason}" if reason else text


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
