"""What the CRM says of each row of a part, laid beside the rows that were sent."""

import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from importer.bulk.outcomes import LEDGER_SCHEMA, Outcome
from importer.bulk.parts import Slice, rows_of, sent
from importer.bulk.refusals import parse_errors
from importer.checks.storage import Schema
from importer.crm.schema import Module, Operation
from importer.sheets.table import ROW

_MAX_ENTRIES = 20
_MAX_BYTES = 200_000_000  # unpacked; what we sent is at most an eighth of it
_ARCHIVE_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    RuntimeError,  # an encrypted entry
    NotImplementedError,  # a compression we do not know
)
_SEPARATOR = "\x1f"
_ANSWERS = ("status", "record_id", "errors")
_EXPECTED_REFUSALS = {  # what skips a row by the operation's own rule
    Operation.INSERT: "DUPLICATE_DATA",
    Operation.UPDATE: "RESOURCE_NOT_FOUND",
}
_VERDICT: Schema = dict.fromkeys(("outcome", "code", "field", "detail"), pl.String)


class UnreadableResult(Exception):
    """A result that is no archive with one CSV as documented, or is absurdly large."""


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What a result tells of the rows of a part."""

    ledger: pl.DataFrame
    unmatched: int  # rows that are `unknown`: no answer is provably theirs, or it says nothing


def reconcile(
    rows: Path,
    piece: Slice,
    module: Module,
    result_zip: Path,
    operation: Operation,
    find_by: str | None,
) -> Reconciliation:
    """The ledger's rows for `piece`: the CRM's answers joined to the rows that were sent.

    Answers stand in the order of the rows if all their echoed values agree. Otherwise they are
    matched by these values where they are unique, or by `find_by` where other values came back
    changed; of a result that shows a row that was not sent, nothing is believed. A row without
    an answer is `unknown`. Raises `UnreadableResult`.
    """
    answers, echoes = _read(result_zip)
    values = sent(rows, piece, module)
    echoed = _echoed(echoes, values.columns)
    echoes.columns = echoed
    asked = rows_of(rows, piece).select(ROW).hstack(_keys(values, echoed, find_by))
    answered = answers.hstack(_keys(echoes, echoed, find_by))
    if asked["whole"].equals(answered["whole"]):
        matched = asked.select(ROW).hstack(answered)
    else:
        matched = _by_keys(asked, answered)
    ledger = _outcomes(matched, operation, find_by)
    return Reconciliation(ledger, ledger.filter(outcome=Outcome.UNKNOWN.value).height)


def _echoed(echoes: pl.DataFrame, fields: Sequence[str]) -> list[str]:
    """The field that each column of `echoes` repeats: by its name, else its place."""
    known = {field.lower(): field for field in fields}
    if not 0 < echoes.width <= len(fields):
        raise UnreadableResult(f"The result has {echoes.width} columns of values.")
    echoed = [known.get(name, fields[place]) for place, name in enumerate(echoes.columns)]
    if len(set(echoed)) < len(echoed):
        raise UnreadableResult("The result repeats a column.")
    return echoed


def _keys(frame: pl.DataFrame, echoed: Sequence[str], find_by: str | None) -> pl.DataFrame:
    """All the `echoed` values as one text, and that of the match field; "" where blank."""
    cells = {name: pl.col(name).str.strip_chars().fill_null("") for name in echoed}
    return frame.select(
        whole=pl.concat_str(cells.values(), separator=_SEPARATOR),
        key=cells.get(find_by or "", pl.lit("")),
    )


def _by_keys(asked: pl.DataFrame, answered: pl.DataFrame) -> pl.DataFrame:
    """Rows and answers paired where these show only rows that were sent."""
    for key in ("whole", "key"):
        if answered[key].is_in(asked[key].implode()).all():
            pairs = _paired(asked, answered, key)
            return asked.select(ROW).join(pairs, on=ROW, how="left", maintain_order="left")
    nothing = [pl.lit(None, dtype=pl.String).alias(name) for name in _ANSWERS]
    return asked.select(ROW, *nothing)


def _paired(asked: pl.DataFrame, answered: pl.DataFrame, key: str) -> pl.DataFrame:
    """Rows and answers whose `key` is there and unique on both sides."""
    shown = pl.col(key).str.strip_chars(_SEPARATOR) != ""
    mine = asked.filter(shown, pl.col(key).is_unique()).select(ROW, key)
    theirs = answered.filter(pl.col(key).is_unique()).select(key, *_ANSWERS)
    return mine.join(theirs, on=key).drop(key)


def _outcomes(matched: pl.DataFrame, operation: Operation, find_by: str | None) -> pl.DataFrame:
    """`matched` in the ledger's columns."""
    verdicts = [
        _verdict(status, errors, operation, find_by)
        for status, errors in matched.select("status", "errors").iter_rows()
    ]
    told = pl.DataFrame(verdicts, schema=_VERDICT, orient="row")
    ledger = matched.select("record_id", row=ROW).hstack(told)
    return ledger.match_to_schema(LEDGER_SCHEMA, missing_columns="insert")


def _verdict(
    status: str | None, errors: str | None, operation: Operation, find_by: str | None
) -> tuple[Outcome, str | None, str | None, str | None]:
    """Outcome, code, field and detail of one answer."""
    match (status or "").strip().upper():
        case "ADDED":
            return Outcome.CREATED, None, None, None
        case "UPDATED":
            return Outcome.UPDATED, None, None, None
        case "SKIPPED":
            found = parse_errors(errors or "")
            code, names = found[0] if found else (None, ())
            expected = [(_EXPECTED_REFUSALS.get(operation), (find_by,))]
            outcome = Outcome.SKIPPED if found == expected else Outcome.FAILED
            return outcome, code, names[0] if names else None, errors
        case "UNPROCESSED":
            return Outcome.FAILED, "UNPROCESSED", None, errors
        case _:
            return Outcome.UNKNOWN, None, None, None


def _read(result_zip: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The answers of a result's CSV, and the values that it echoes; by lower-case names."""
    try:
        with zipfile.ZipFile(result_zip) as archive:
            csv = archive.read(_only_entry(archive.infolist()))
        # A field may be called Status too, so that headers are no names yet.
        frame = pl.read_csv(csv, has_header=False, infer_schema=False)
    except _ARCHIVE_ERRORS as error:
        raise UnreadableResult("The result is not a readable archive.") from error
    except pl.exceptions.PolarsError as error:
        raise UnreadableResult("The result is not a readable table.") from error
    return _divided(frame.slice(1), [(name or "").strip().lower() for name in frame.row(0)])


def _divided(lines: pl.DataFrame, header: Sequence[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The columns of answers, each the last of its name, and the others."""
    places = {name: place for place, name in enumerate(header)}
    if not set(_ANSWERS) <= set(places):
        raise UnreadableResult("The result lacks the columns STATUS, RECORD_ID and ERRORS.")
    columns = lines.get_columns()
    answers = [columns[places[name]].alias(name) for name in _ANSWERS]
    echoes = [
        columns[place].alias(name)
        for place, name in enumerate(header)
        if place not in {places[answer] for answer in _ANSWERS}
    ]
    if len({echo.name for echo in echoes}) < len(echoes):
        raise UnreadableResult("The result has two columns of one name.")
    return pl.DataFrame(answers), pl.DataFrame(echoes)


def _only_entry(entries: Sequence[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    """The one file in a result archive, measured before it is opened."""
    files = [entry for entry in entries[:_MAX_ENTRIES] if not entry.is_dir()]
    if len(entries) > _MAX_ENTRIES or len(files) != 1:
        raise UnreadableResult(f"The result holds {len(entries)} files instead of one.")
    if files[0].file_size > _MAX_BYTES:
        raise UnreadableResult(f"The result unpacks to {files[0].file_size:,} bytes.")
    return files[0]
