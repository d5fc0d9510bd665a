"""What undo does with a row: deleted, put back, or left since people changed the record."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from importer.bulk import Outcome, Reversal, Slice
from importer.bulk.outcomes import LEDGER_SCHEMA
from importer.bulk.undoing import (
    CREATION,
    DELETED_SINCE,
    GONE,
    NOT_KEPT,
    TOLERANCE,
    UNDO_SCHEMA,
    Act,
    Judge,
    Judgement,
    UndoLine,
    lines_of,
    restorable,
    undo_lines,
    write_undo,
)
from importer.bulk.values import canonical, from_text, to_write
from importer.crm.schema import Field, Module, Option

RUN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LATER = RUN + timedelta(days=1)
US = {"id": "1", "name": "Importer"}
OTHERS = {"id": "2", "name": "Patricia Boyle"}
ROOMS = (Option("Houston", "Houston Showroom"), Option("Bristol", "Bristol"))
FIELDS = {
    field.api_name: field
    for field in (
        Field("Email", "E-mail", "email", unique=True),
        Field("Last_Name", "Last Name", "text", length=80),
        Field("Revenue", "Revenue", "currency", decimal_places=2),
        Field("Staff", "Staff", "integer"),
        Field("Number", "Number", "bigint"),
        Field("Born", "Born", "date"),
        Field("Call_At", "Call at", "datetime"),
        Field("Room", "Room", "picklist", options=ROOMS),
        Field("Rooms", "Rooms", "multiselectpicklist", options=ROOMS),
        Field("Partner", "Partner", "lookup", lookup_module="Accounts"),
        Field("Opt_Out", "Opt out", "boolean"),
        Field("Note", "Note", "textarea", length=32_000),
        Field("Story", "Story", "textarea", length=50_000),
        Field("Source", "Source", "text", updatable=False),
    )
}
JUDGE = Judge(Module("Leads", "Leads", "Lead", tuple(FIELDS.values())), "Europe/Brussels")


def record(changed: datetime = RUN, by=US, **values):
    """A record as the CRM shows it, created and last changed by our run unless it says other."""
    times = {"Created_Time": RUN.isoformat(), "Modified_Time": changed.isoformat()}
    return {**times, "Created_By": US, "Modified_By": by, **values}


def line(act: Act, sent=None, before=None) -> UndoLine:
    return UndoLine(2, act, "77", before or {}, sent or {"Last_Name": "New"}, RUN)


@pytest.mark.parametrize(
    ("name", "sent", "found"),
    [
        ("Last_Name", "New", " New "),
        ("Email", "Ana@Example.com", "ana@example.com"),
        ("Revenue", "1500", 1500.0),
        ("Revenue", "0.1", 0.1),
        ("Revenue", "12.50", 12.5),
        ("Revenue", "-0", 0.0),
        ("Staff", "12", 12),
        ("Number", "12", "12"),
        ("Born", "2001-12-31", "2001-12-31"),
        ("Call_At", "2026-01-05 10:00:00", "2026-01-05T09:00:00+00:00"),
        ("Call_At", "2026-07-05 10:00:00", "2026-07-05T01:00:00-07:00"),
        ("Room", "Houston Showroom", "Houston"),
        ("Room", "", None),
        ("Room", "", "-None-"),
        ("Rooms", "Bristol;Houston Showroom", ["Houston", "Bristol"]),
        ("Rooms", "", []),
        ("Partner", "55", {"id": "55", "name": "Acme"}),
        ("Partner", "", None),
        ("Opt_Out", "true", True),
        ("Opt_Out", "", False),
        ("Opt_Out", "false", None),
        ("Note", "two\r\nlines", "two\nlines"),
    ],
)
def test_value_is_the_same_however_the_crm_writes_it(name, sent, found):
    field = FIELDS[name]

    assert canonical(field, sent, "Europe/Brussels") == canonical(field, found, "Europe/Brussels")


@pytest.mark.parametrize(
    ("name", "sent", "found"),
    [
        ("Last_Name", "New", "new"),
        ("Revenue", "1500", 1500.01),
        ("Revenue", "0", None),
        ("Staff", "12", 13),
        ("Born", "2001-12-31", "2001-12-30"),
        ("Call_At", "2026-01-05 10:00:00", "2026-01-05T10:00:00+00:00"),
        ("Room", "Bristol", "Houston"),
        ("Rooms", "Bristol;Houston", ["Bristol"]),
        ("Partner", "55", {"id": "56", "name": "55"}),
        ("Opt_Out", "true", False),
    ],
)
def test_value_that_people_changed_is_another(name, sent, found):
    field = FIELDS[name]

    assert canonical(field, sent, "Europe/Brussels") != canonical(field, found, "Europe/Brussels")


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("Last_Name", "Known", "Known"),
        ("Revenue", 1500.5, "1500.5"),
        ("Staff", 12, "12"),
        ("Number", "0012", "0012"),
        ("Rooms", ["Bristol", "Houston"], "Bristol;Houston"),
        ("Partner", {"id": "55"}, "55"),
        ("Opt_Out", True, "true"),
        ("Opt_Out", False, ""),
        ("Last_Name", None, ""),
    ],
)
def test_text_of_a_bulk_read_becomes_the_value_that_is_put_back(name, value, text):
    assert from_text(FIELDS[name], text) == value


def test_pointer_is_put_back_by_its_id():
    assert to_write({"id": "55", "name": "Acme"}) == {"id": "55"}


@pytest.mark.parametrize(
    ("act", "now", "expected"),
    [
        (Act.DELETE, record(Last_Name="New"), Judgement(None)),
        (Act.DELETE, None, Judgement(Reversal.REVERSED, GONE)),
        (Act.LEAVE, record(Last_Name="New"), Judgement(Reversal.FAILED, NOT_KEPT)),
        (Act.RESTORE, None, Judgement(Reversal.KEPT, DELETED_SINCE)),
        (Act.RESTORE, record(Last_Name="New"), Judgement(None, values={"Last_Name": "Old"})),
        (
            Act.RESTORE,
            record(LATER, Last_Name="Old"),
            Judgement(Reversal.REVERSED),
        ),
    ],
)
def test_row_is_taken_back_unless_there_is_nothing_to_take_back(act, now, expected):
    before = {"Last_Name": "Old"} if act is Act.RESTORE else {}

    assert JUDGE.judge(line(act, before=before), now) == expected


@pytest.mark.parametrize("act", [Act.DELETE, Act.RESTORE])
def test_field_that_people_changed_keeps_the_record_and_is_named(act):
    before = {"Last_Name": "Old", "Staff": 1}
    changed = record(LATER, OTHERS, Last_Name="Theirs", Staff=5)

    judged = JUDGE.judge(line(act, {"Last_Name": "New", "Staff": "5"}, before), changed)

    words = "Patricia Boyle changed Last Name on 2 March 2026 at 12:00."
    assert judged == Judgement(Reversal.KEPT, words)


@pytest.mark.parametrize(
    ("act", "after", "by", "reversal"),
    [
        (Act.DELETE, TOLERANCE, US, None),  # the run itself, or what the CRM does by itself
        (Act.RESTORE, TOLERANCE, OTHERS, None),
        (Act.DELETE, TOLERANCE + timedelta(seconds=1), US, Reversal.KEPT),
        (Act.RESTORE, TOLERANCE + timedelta(seconds=1), US, Reversal.KEPT),
        (Act.DELETE, CREATION, OTHERS, None),
        (Act.DELETE, CREATION + timedelta(seconds=1), OTHERS, Reversal.KEPT),
    ],
)
def test_record_that_was_touched_after_the_run_is_kept(act, after, by, reversal):
    now = record(RUN + after, by, Last_Name="New")

    assert JUDGE.judge(line(act, before={"Last_Name": "Old"}), now).reversal == reversal


def test_text_that_lists_cut_is_neither_compared_nor_put_back_and_that_is_said():
    sent = {"Last_Name": "New", "Story": "long " * 200}
    now = record(Last_Name="New", Story=sent["Story"][:500])
    changed = line(Act.RESTORE, sent, {"Last_Name": "Old"})

    assert JUDGE.judge(line(Act.DELETE, sent), now) == Judgement(None)
    assert JUDGE.judge(changed, now) == Judgement(None, values={"Last_Name": "Old"})
    put_back = JUDGE.put_back(changed)
    assert put_back.reversal is Reversal.FAILED
    assert "but for Story" in put_back.detail


def test_fields_that_cannot_be_read_or_written_are_not_kept():
    assert restorable(JUDGE.module, ["Last_Name", "Note", "Story", "Source"]) == (
        "Last_Name",
        "Note",
    )


@pytest.fixture
def part(checked, tmp_path):
    """What undoing takes of rows from 2 on, each given as its outcome, record id and name."""

    def part(rows, before=None, *, first=2, clears=False, left_out=()) -> pl.DataFrame:
        numbers = list(range(first, first + len(rows)))
        names = [name for _, _, name in rows]
        source = checked(numbers, Last_Name=names, Staff=[None] * len(rows))
        ledger = pl.DataFrame(
            {
                "row": numbers,
                "outcome": [outcome.value for outcome, _, _ in rows],
                "record_id": [record_id for _, record_id, _ in rows],
            },
            schema_overrides={"record_id": pl.String},
        ).match_to_schema(LEDGER_SCHEMA, missing_columns="insert")
        ledger.write_parquet(tmp_path / "ledger.parquet")
        kept = tmp_path / "before.parquet"
        values = [json.dumps(value) for value in (before or {}).values()]
        frame = {"record_id": list(before or {}), "before": values}
        pl.DataFrame(frame, schema=dict.fromkeys(frame, pl.String)).write_parquet(kept)
        piece = Slice(0, len(rows), first, numbers[-1], left_out, clears)
        return undo_lines(source, piece, tmp_path / "ledger.parquet", kept, RUN)

    return part


def written(tmp_path: Path, parts, still_in) -> list[UndoLine]:
    write_undo(parts, pl.Series(still_in, dtype=pl.Int64), tmp_path / "undo.parquet")
    frame = pl.read_parquet(tmp_path / "undo.parquet")
    assert dict(frame.schema) == {name: kind() for name, kind in UNDO_SCHEMA.items()}
    return list(lines_of(frame))


def test_part_of_which_no_row_went_in_has_no_lines(part, tmp_path):
    refused = part([(Outcome.FAILED, None, "New 1"), (Outcome.SKIPPED, "2", "New 2")])

    assert written(tmp_path, [refused], [7]) == []


def test_lines_stand_by_what_is_done_with_them(part, tmp_path):
    lines = part(
        [
            (Outcome.UPDATED, "1", "New 1"),
            (Outcome.CREATED, "2", "New 2"),
            (Outcome.FAILED, None, "New 3"),
            (Outcome.UPDATED, "4", "New 4"),
            (Outcome.CREATED, "5", "New 5"),
        ],
        before={"1": {"Last_Name": "Old 1"}},
    )

    told = written(tmp_path, [lines], [2, 3, 5])  # row 6 was taken back before

    assert told == [
        UndoLine(3, Act.DELETE, "2", {}, {"Last_Name": "New 2"}, RUN),
        UndoLine(2, Act.RESTORE, "1", {"Last_Name": "Old 1"}, {"Last_Name": "New 1"}, RUN),
        UndoLine(5, Act.LEAVE, "4", {}, {"Last_Name": "New 4"}, RUN),
    ]


def test_blank_that_erased_a_value_was_sent_and_others_were_not(part, tmp_path):
    rows = [(Outcome.CREATED, "1", None)]

    assert next(lines_of(part(rows))).sent == {}
    assert next(lines_of(part(rows, clears=True))).sent == {"Last_Name": "", "Staff": ""}
    assert next(lines_of(part(rows, clears=True, left_out=("Staff",)))).sent == {"Last_Name": ""}


def test_field_that_a_row_left_alone_is_not_put_back(part, tmp_path):
    rows = [(Outcome.UPDATED, "1", "New")]  # its Staff is blank

    [line] = written(tmp_path, [part(rows, {"1": {"Last_Name": "Old", "Staff": 5}})], [2])

    assert line.before == {"Last_Name": "Old"}


def test_rows_that_wrote_one_record_are_taken_back_together(part, tmp_path):
    first = part(
        [(Outcome.CREATED, "1", "A"), (Outcome.UPDATED, "2", "B")], {"2": {"Last_Name": "Old"}}
    )
    second = part(
        [(Outcome.UPDATED, "1", "C"), (Outcome.UPDATED, "2", "D")],
        {"1": {"Last_Name": "A"}, "2": {"Last_Name": "B"}},
        first=9,
    )

    told = written(tmp_path, [first, second], [2, 3, 9, 10])

    assert [(t.row, t.act, t.before, t.sent["Last_Name"]) for t in told] == [
        (2, Act.DELETE, {"Last_Name": "A"}, "C"),
        (9, Act.DELETE, {"Last_Name": "A"}, "C"),
        (3, Act.RESTORE, {"Last_Name": "Old"}, "D"),
        (10, Act.RESTORE, {"Last_Name": "Old"}, "D"),
    ]
