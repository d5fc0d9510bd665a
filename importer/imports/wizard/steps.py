"""The wizard's eight steps: which are done, which need attention, which must wait."""

from dataclasses import dataclass
from enum import StrEnum

from django.urls import reverse

from importer.imports.choosing import what_does_not_fit
from importer.imports.models import Import


class Step(StrEnum):
    """The steps in order; the value is the last part of the step's address."""

    FILE = "file"
    DESTINATION = "destination"
    COLUMNS = "columns"
    VALUES = "values"
    CHECK = "check"
    CONFIRM = "confirm"
    PROGRESS = "progress"
    RESULT = "result"


@dataclass(frozen=True, slots=True)
class StepView:
    """One step as the stepper shows it."""

    number: int  # from 1
    name: str
    url: str | None  # None while it cannot be opened
    mark: str  # done, attention, current or waiting
    note: str
    is_current: bool


def stepper(import_: Import, current: Step) -> list[StepView]:
    """All eight steps of `import_`, seen from `current`."""
    notes = _notes(import_)
    reached = _reached(import_, notes)
    return [
        StepView(
            number=number,
            name=step.capitalize(),
            url=step_url(import_, step) if step in reached else None,
            mark=_mark(import_, step, current, notes, reached),
            note=notes.get(step, ""),
            is_current=step is current,
        )
        for number, step in enumerate(Step, start=1)
    ]


def step_url(import_: Import, step: Step) -> str:
    """The step's own address."""
    return reverse(f"imports:{step}", args=[import_.pk])


def furthest(import_: Import) -> Step:
    """Where to go on: the last step that can be opened, and that nobody has passed over."""
    if import_.is_open:
        return Step.PROGRESS
    reached = _reached(import_, _notes(import_))
    if import_.is_draft and not import_.questions_for and not import_.work:
        reached.discard(Step.VALUES)  # a suggested mapping wants to be seen
    return [step for step in Step if step in reached][-1]


def can_open(import_: Import, step: Step) -> bool:
    return step in _reached(import_, _notes(import_))


def _notes(import_: Import) -> dict[Step, str]:
    """What a step says about itself that needs attention."""
    if not import_.is_draft:
        return {}
    notes = {}
    if import_.work_error and not import_.table_json:
        notes[Step.FILE] = "cannot be read"
    if import_.mapping_json and what_does_not_fit(import_):
        notes[Step.COLUMNS] = "needs attention"
    if import_.questions_json is not None and not import_.is_asked:
        notes[Step.VALUES] = "outdated"
    if import_.check_json and not import_.is_checked:
        notes[Step.CHECK] = "outdated"
    return notes


def _reached(import_: Import, notes: dict[Step, str]) -> set[Step]:
    reached = {Step.FILE}
    has_rows = bool(import_.table_json and import_.table_json["rows"])
    if has_rows:
        reached.add(Step.DESTINATION)
    if import_.mapping_json and has_rows:
        reached.add(Step.COLUMNS)
        if notes.get(Step.COLUMNS) != "needs attention":
            reached |= {Step.VALUES}
            if import_.is_asked or import_.is_checked or import_.work == Import.Work.CHECK:
                reached.add(Step.CHECK)
            if import_.is_checked:
                reached.add(Step.CONFIRM)
    if not import_.is_draft:
        reached |= {*Step} - {Step.RESULT}
        if not import_.is_open:
            reached.add(Step.RESULT)
    return reached


def _mark(
    import_: Import, step: Step, current: Step, notes: dict[Step, str], reached: set[Step]
) -> str:
    if step is current:
        return "current"
    if step in notes:
        return "attention"
    if step not in reached:
        return "waiting"
    later = list(Step)[list(Step).index(step) + 1 :]
    passed = any(other in reached for other in later) or step is Step.RESULT
    return "done" if passed else "waiting"
