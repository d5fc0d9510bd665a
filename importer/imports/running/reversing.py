"""The run of an undo: its parts take back a batch of rows a step, each looked at once more."""

from collections.abc import Collection, Mapping, Sequence

import polars as pl
from django.utils import timezone

from importer import bulk
from importer.audit.models import record
from importer.bulk import REVERSALS_SCHEMA, Group, Reversal
from importer.bulk.undoing import Act, Judge, Judgement, UndoLine, lines_of
from importer.bulk.values import to_write
from importer.crm import mass_actions, records
from importer.crm.client import CrmClient
from importer.crm.errors import CrmRefused
from importer.crm.outcomes import RecordOutcome
from importer.crm.records import Record
from importer.imports.models import Import, Part
from importer.imports.running import reading
from importer.imports.running.undoing import judge_of, watched_fields

State = Part.State
PART_ROWS = 5_000
BATCH_ROWS = {  # of one call
    Act.DELETE: mass_actions.PER_CALL,
    Act.RESTORE: records.PER_CALL,
    Act.LEAVE: PART_ROWS,
}
STOPPED = "Undo was stopped before this record was taken back."
NOT_SEEN = "We could not see whether this record was taken back."

Judgements = Mapping[int, Judgement]  # by row


def groups_of(rows: pl.DataFrame) -> tuple[Group, ...]:
    """The rows of an undo by what is done with them, in the order in which they are written."""
    counts = rows.group_by("act", maintain_order=True).len()
    return tuple(Group(count) for count in counts["len"])


def step(part: Part, import_: Import, crm: CrmClient) -> None:
    """Take the next batch of the part's rows back, and write down what became of each.

    A batch that a killed process has begun is looked at anew: what is deleted or has its values
    again, is reversed. Once the undo is stopped, such a batch is only looked at.
    """
    told, rest = _told(part, import_), _rows(part, import_)
    rest = rest.slice(told.height)
    if rest.height:
        lines = list(lines_of(rest.head(BATCH_ROWS[Act(rest["act"].item(0))])))
        ends = _ends(part, import_, crm, lines)
        told = pl.concat([told, _reversals(lines, ends)])
        part.write(rows_done=told.height, tries=0, reason="", due_at=None)
        _write(told, part, import_)
    if import_.is_stopping:
        part.move(State.NOT_SENT, reason=STOPPED, sent_at=None)
    elif told.height < part.rows:
        part.write(sent_at=None)
    else:
        part.move(State.COLLECTED, rows_done=part.rows, sent_at=None)
        counts = dict(told["reversal"].value_counts().iter_rows())
        record("taken_back", import_, part=part.number, **counts)


def is_begun(part: Part) -> bool:
    """Whether a batch was begun of which it is not written down what became of it."""
    return part.sent_at is not None


def tell_rest(part: Part, import_: Import) -> None:
    """Let a part that has ended early tell of all its rows."""
    told = _told(part, import_)
    rest = _rows(part, import_).slice(told.height)
    if rest.is_empty():
        return
    begun = BATCH_ROWS[Act(rest["act"].item(0))] if is_begun(part) else 0
    lines = list(lines_of(rest))
    ends = {line.row: Judgement(Reversal.FAILED, part.reason or STOPPED) for line in lines}
    ends |= {line.row: Judgement(Reversal.FAILED, NOT_SEEN) for line in lines[:begun]}
    _write(pl.concat([told, _reversals(lines, ends)]), part, import_)


def _ends(part: Part, import_: Import, crm: CrmClient, lines: Sequence[UndoLine]) -> Judgements:
    """What becomes of each of `lines`, which are of one act."""
    judge, names = judge_of(import_), watched_fields(import_)
    ids = {line.record_id for line in lines if line.act is not Act.LEAVE}
    judged = _judged(judge, lines, reading.by_id(crm, judge.module, ids, names))
    to_do = [line for line in lines if judged[line.row].reversal is None]
    if import_.is_stopping:
        return judged | {line.row: Judgement(Reversal.FAILED, STOPPED) for line in to_do}
    if not to_do:
        return judged
    part.write(sent_at=timezone.now())  # from here on, records may have been taken back
    try:
        answers = _act(crm, judge, to_do, judged)
    except CrmRefused:
        part.write(sent_at=None)
        raise
    uncertain = {record_id for record_id, answer in answers.items() if answer.uncertain}
    now = reading.by_id(crm, judge.module, uncertain, names)
    again = [line for line in to_do if line.record_id in uncertain]
    seen = {row: end for row, end in _judged(judge, again, now).items() if end.reversal}
    done = {line.row: _end(judge, line, answers[line.record_id]) for line in to_do}
    return judged | done | seen


def _judged(
    judge: Judge, lines: Sequence[UndoLine], now: Mapping[str, reading.Values]
) -> dict[int, Judgement]:
    return {line.row: judge.judge(line, now.get(line.record_id)) for line in lines}


def _act(
    crm: CrmClient, judge: Judge, lines: Sequence[UndoLine], judged: Judgements
) -> dict[str, RecordOutcome]:
    """Delete the records of `lines`, or put their values back; the CRM's answers by their ids."""
    module = judge.module.api_name
    by_id = {line.record_id: judged[line.row].values for line in lines}
    if lines[0].act is Act.DELETE:
        answers = crm.mass_actions.delete(module, list(by_id))
    else:
        changed = [
            Record(record_id, {name: to_write(value) for name, value in values.items()})
            for record_id, values in by_id.items()
        ]
        answers = crm.records.update(module, changed, automation=False)
    return dict(zip(by_id, answers, strict=True))


def _end(judge: Judge, line: UndoLine, answer: RecordOutcome) -> Judgement:
    if answer.ok or answer.was_gone:
        return judge.put_back(line)
    name = answer.details.get("api_name")
    label = next((f.label for f in judge.module.fields if f.api_name == name), None)
    return Judgement(Reversal.FAILED, bulk.explain(answer.code, label))


def _rows(part: Part, import_: Import) -> pl.DataFrame:
    with import_.files.read(part.run.rows_file) as rows:
        return bulk.rows_of(rows, part.slice)


def _told(part: Part, import_: Import) -> pl.DataFrame:
    """What is written down of the part's rows so far."""
    if not import_.files.exists(part.ledger_name):
        return pl.DataFrame(schema=REVERSALS_SCHEMA)
    with import_.files.read(part.ledger_name) as path:
        return pl.read_parquet(path)


def _write(told: pl.DataFrame, part: Part, import_: Import) -> None:
    with import_.files.write(part.ledger_name) as target:
        told.write_parquet(target)


def _reversals(lines: Collection[UndoLine], ends: Judgements) -> pl.DataFrame:
    told = ((line.row, *_words(ends[line.row])) for line in lines)
    return pl.DataFrame(told, schema=REVERSALS_SCHEMA, orient="row")


def _words(end: Judgement) -> tuple[str | None, str | None]:
    return end.reversal.value if end.reversal else None, end.detail or None
