"""The end of an import: it is done when every row is accounted for, and never before."""

import polars as pl
import pytest

from importer.audit.models import Event
from importer.imports import files
from importer.imports.advance import advance_import, advance_part, drive
from importer.imports.models import Import, Part
from importer.imports.running import finishing
from tests.office import confirmed, leads_csv, parts_of

REPORTS = (files.PROBLEMS_XLSX, files.PROBLEMS_CSV, files.OUTCOMES_CSV)


@pytest.fixture
def collected(connection, ana, domain) -> Import:
    """An import whose one part has its result, before its end."""
    import_ = confirmed(connection, ana, leads_csv(domain, 4, bad=1))
    advance_import(import_.pk)
    [part] = parts_of(import_)
    while part.state != Part.State.COLLECTED:
        Part.objects.update(due_at=None)
        advance_part(part.pk)
        part.refresh_from_db()
    return import_


def change_ledger(import_: Import, change) -> None:
    """Let the part's outcomes be other than they are."""
    with import_.files.read(parts_of(import_)[0].ledger_name) as path:
        changed = change(pl.read_parquet(path))
        changed.write_parquet(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda ledger: pl.concat([ledger, ledger]),
        lambda ledger: ledger.with_columns(row=pl.col("row") + 1000),
        lambda ledger: ledger.tail(2),
    ],
    ids=["a row told twice", "rows that the file has not", "a row sent and not told of"],
)
def test_import_that_does_not_add_up_fails_and_is_never_done(collected, change):
    change_ledger(collected, change)

    drive(collected)

    assert collected.state == Import.State.FAILED
    assert collected.state_reason.startswith(finishing.DOES_NOT_ADD_UP)
    assert collected.finished_at is not None
    assert collected.balance is None
    kinds = [event.kind for event in Event.objects.about(collected)]
    assert "finished" not in kinds
    assert "given_up" in kinds
    drive(collected)
    assert collected.state == Import.State.FAILED


def test_import_that_failed_shows_why(collected, client, ana):
    change_ledger(collected, lambda ledger: pl.concat([ledger, ledger]))
    drive(collected)
    client.force_login(ana)

    page = client.get(f"/imports/{collected.pk}/result/")

    assert page.status_code == 200
    assert "do not account for every row" in page.content.decode()


def test_import_killed_while_it_ends_ends_once(collected, monkeypatch):
    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(finishing, "_write_reports", killed)
        with pytest.raises(Killed):
            advance_import(collected.pk)
    collected.refresh_from_db()
    assert collected.state == Import.State.RUNNING
    drive(collected)

    assert collected.state == Import.State.DONE_WITH_PROBLEMS
    assert all(collected.files.exists(name) for name in REPORTS)
    kinds = [event.kind for event in Event.objects.about(collected)]
    assert kinds.count("finished") == 1


def test_finished_event_has_the_balance(collected):
    drive(collected)

    [event] = Event.objects.about(collected).filter(kind="finished")
    counts = {name: event.detail[name] for name in ("rows", "created", "held_back")}
    assert counts == {"rows": 4, "created": 3, "held_back": 1}
