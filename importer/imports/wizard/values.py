"""Steps 4 and 5, Values and Check: what the values mean, and what every row comes to."""

from typing import Any

import polars as pl
from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import redirect

from importer.checks import problems as kinds
from importer.checks.model import Summary
from importer.crm.schema import Module, Operation
from importer.imports import causes, choosing, files, tasks
from importer.imports.models import Import
from importer.imports.wizard.answer_forms import AnswersForm
from importer.imports.wizard.frame import show, wizard_step, working
from importer.imports.wizard.steps import Step, step_url
from importer.teams.requests import TeamRequest

PAGE_PROBLEMS = 50


@wizard_step(Step.VALUES)
def values(request: TeamRequest, import_: Import) -> HttpResponse:
    """Only what needs an answer."""
    waiting = working(request, import_, Step.VALUES)
    if waiting:
        return waiting
    if import_.is_draft and not import_.is_asked and not import_.work_error:
        return _ask(request, import_)
    form = AnswersForm(
        request.POST or None,
        questions=import_.questions,
        mapping=import_.mapping,
        module=import_.destination(),
        clearing=import_.mapping.clearing(Operation(import_.operation), import_.find_by),
    )
    if request.method == "POST" and import_.is_draft:
        if "again" in request.POST and not import_.is_asked:
            return _ask(request, import_)
        if form.is_valid() or not import_.questions:
            if import_.questions:
                choosing.answer(import_, request.user, form.mapping())
            choosing.check(import_)
            tasks.nudge(import_)
            return redirect(step_url(import_, Step.CHECK))
    return show(request, import_, Step.VALUES, {"form": form})


def _ask(request: TeamRequest, import_: Import) -> HttpResponse:
    choosing.ask(import_)
    tasks.nudge(import_)
    return redirect(step_url(import_, Step.VALUES))


@wizard_step(Step.CHECK)
def check(request: TeamRequest, import_: Import) -> HttpResponse:
    """The truth about every row, before anything is written."""
    waiting = working(request, import_, Step.CHECK)
    if waiting:
        return waiting
    if request.method == "POST" and import_.is_draft:
        choosing.check(import_)
        tasks.nudge(import_)
        return redirect(step_url(import_, Step.CHECK))
    summary = import_.check_summary
    context: dict[str, Any] = {"summary": summary}
    if summary and import_.is_checked:
        module = import_.destination()
        context["groups"] = [causes.of_check(group, module) for group in summary.groups]
        context["page"], context["problems"] = _problems(
            import_, summary, module, request.GET.get("page")
        )
    return show(request, import_, Step.CHECK, context)


def _problems(
    import_: Import, summary: Summary, module: Module, number: str | None
) -> tuple[Page[int], list[dict[str, Any]]]:
    """One page of the problems, in file order."""
    count = sum(group.rows for group in summary.groups)
    page = Paginator(range(count), PAGE_PROBLEMS).get_page(number)
    with import_.files.read(files.problems(import_.checked_for)) as path:
        found = pl.scan_parquet(path).slice(page.start_index() - 1, PAGE_PROBLEMS).collect()
    return page, [_problem(row, module) for row in found.iter_rows(named=True)]


def _problem(found: dict[str, Any], module: Module) -> dict[str, Any]:
    field = causes.field_of(module, found["field"])
    text = kinds.sentence(
        found["code"],
        row=None,
        column=found["column"],
        field_label=field.label if field else None,
        value=found["value"],
        suggestion=found["suggestion"],
        allowed=kinds.allowed(found["code"], field) if field else None,
    )
    return {**found, "text": text}
