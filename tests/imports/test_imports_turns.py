"""Several parts at once, and turns between imports: a small one is not stuck behind a large one."""

import pytest

from importer.imports.advance import advance_import, advance_part, drive
from importer.imports.models import Import, Part
from importer.imports.running import pausing, turns
from tests.line import CREATE
from tests.office import confirmed, leads_csv, parts_of

State = Part.State


@pytest.fixture
def begun(connection, ana, settings):
    """Imports with parts of one row, cut and ready to go; the CRM takes `at_once` jobs."""
    settings.PART_ROWS = 1

    def begun(domain: str, rows: int, at_once: int = 2) -> Import:
        connection.parts_at_once = at_once
        connection.save()
        import_ = confirmed(connection, ana, leads_csv(domain, rows))
        advance_import(import_.pk)
        return import_

    return begun


def walk(import_: Import, times: int = 1) -> None:
    """Let each part that may take a step take one, and that `times`, however soon."""
    for _ in range(times):
        Part.objects.of(import_.pk).filter(state__in=Part.UNSENT).update(due_at=None)
        for pk in turns.due(import_.pk):
            advance_part(pk)


def states(import_: Import) -> list[str]:
    return [part.state for part in parts_of(import_)]


@pytest.fixture
def slow_jobs(monkeypatch):
    """Nobody looks at jobs, so they stay with the CRM."""
    for name in ("FIRST_LOOK_S", "LONGEST_LOOK_S"):
        monkeypatch.setattr(f"importer.imports.running.waiting.{name}", 600)


def test_only_so_many_parts_are_with_the_crm(begun, domain, line, slow_jobs):
    import_ = begun(domain, 6)

    walk(import_, 6)

    assert states(import_).count(State.SUBMITTED) == 2
    assert line.count(CREATE) == 2


def test_only_few_parts_are_packed_ahead(begun, domain, slow_jobs):
    import_ = begun(domain, 8)

    walk(import_, 6)

    assert states(import_) == ["submitted"] * 2 + ["uploaded"] * 3 + ["planned"] * 3


def test_small_import_goes_before_one_that_has_jobs_already(
    begun, domain, settings, slow_jobs, connection
):
    large = begun(domain, 8)
    walk(large, 4)
    small = begun(f"small.{domain}", 1)
    walk(small, 4)
    assert states(small) == ["uploaded"]  # the CRM has its fill

    Part.objects.filter(pk=parts_of(large)[0].pk).update(state=State.COLLECTED)
    walk(large)
    walk(small)

    assert states(small) == ["submitted"]
    assert states(large).count(State.SUBMITTED) == 1


def test_import_that_is_paused_holds_up_nobody(begun, domain, ana, slow_jobs):
    paused = begun(domain, 1, at_once=1)
    Part.objects.of(paused.pk).update(state=State.UPLOADED)
    pausing.pause(paused, ana)
    other = begun(f"other.{domain}", 2, at_once=1)

    walk(other, 4)

    assert states(other) == ["submitted", "uploaded"]


def test_only_the_first_part_asks_for_its_turn(begun, domain, slow_jobs):
    import_ = begun(domain, 3, at_once=1)
    walk(import_, 3)
    first, second, third = parts_of(import_)
    Part.objects.filter(pk=third.pk).update(state=State.UPLOADED)
    assert states(import_) == ["submitted", "uploaded", "uploaded"]

    assert advance_part(second.pk) is not None  # it will ask again
    assert advance_part(third.pk) is None

    Part.objects.filter(pk=first.pk).update(state=State.COLLECTED)
    Part.objects.filter(pk=second.pk).update(due_at=None)
    advance_part(second.pk)
    assert states(import_) == ["collected", "submitted", "uploaded"]
    assert advance_part(third.pk) is not None  # it is the first now


def test_all_parts_get_their_turn(begun, domain, crm, line):
    import_ = begun(domain, 7, at_once=3)

    drive(import_)

    assert import_.state == Import.State.DONE
    assert line.count(CREATE) == 7
    assert len(crm.leads(domain)) == 7
