"""Looking a part's rows up in the CRM: which of their records are there, made since it was sent.

A row is known by its most telling values, all of which its record must have. What another part
or another person may have written, and what two rows or two records have alike, tells nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property

import polars as pl
from django.db.models import Q

from importer.bulk.parts import rows_of
from importer.crm.client import CrmClient
from importer.crm.errors import CrmRefused
from importer.crm.jobs import moment
from importer.crm.records import Record
from importer.crm.schema import Field
from importer.imports.models import Import, Part, Run
from importer.imports.running import marks
from importer.imports.running.evidence import Sighting
from importer.sheets.table import ROW

CLOCKS_DIFFER = timedelta(minutes=1)  # at most, between the CRM and us
SAMPLE_ROWS = 50  # one query of COQL
MOST_FIELDS = 5
TEXTS = ("text", "email", "phone", "website")
CREATED, CREATED_BY = "Created_Time", "Created_By"
MAY_OVERLAP = timedelta(days=1)  # with a part that was sent so long before and never answered
_SEPARATOR = "\x1f"


def since(part: Part) -> datetime:
    """What the part's job has made, was made then or later by the CRM's clock."""
    sent_at: datetime = part.sent_at or part.run.created_at
    return sent_at - CLOCKS_DIFFER


class Lookup:
    """Some rows of one part, by their numbers, to be looked up by their telling values."""

    def __init__(self, part: Part, import_: Import, crm: CrmClient, numbers: pl.Series) -> None:
        self._part, self._import, self._crm = part, import_, crm
        self.fields = _telling(part, import_)
        wanted = pl.col("row").is_in(numbers.implode())
        self._wanted = len(numbers)
        keyed = _keyed(part, import_, self.fields)
        self._of_match_field = keyed.filter(wanted, by=import_.find_by)
        self._rows = _known(keyed).filter(wanted)

    def sample(self) -> tuple[Sighting, ...]:
        """Some of the rows, the first and the last that can be told apart with them."""
        clear = self._uncontested()
        last = clear.height - 1
        if last < 0:
            return ()
        places = sorted({round(last * n / (SAMPLE_ROWS - 1)) for n in range(SAMPLE_ROWS)})
        found = self._matched(clear[places])
        return tuple(Sighting(row, record_id) for row, record_id, _ in found.iter_rows())

    def all(self, mark: str) -> pl.DataFrame:
        """Each row: `row`, `record_id` (null where none was found), `is_new` (made since).

        By the part's own `mark` where the records have one, else row by row.
        """
        if mark:
            return _paired(self._rows, self._read(self.marked(mark)))
        return self._matched(self._uncontested())

    @property
    def all_have_match_field(self) -> bool:
        """Whether the CRM can tell each of the rows from a record that it has."""
        return self._of_match_field.height == self._wanted

    def there_before(self) -> pl.Series:
        """The numbers of the rows whose match field a record had before the part was sent."""
        rows, find_by = self._of_match_field, self._import.find_by
        values = rows["value"].unique(maintain_order=True)
        earliest = since(self._part)
        older = [
            _plain(record.values.get(find_by))
            for record in self._crm.records.find(
                self._import.module, find_by, values, [find_by, CREATED]
            )
            if (moment(record.values.get(CREATED)) or earliest) < earliest
        ]
        return rows.filter(pl.col("value").str.to_lowercase().is_in(older))["row"]

    def marked(self, mark: str) -> Iterator[Record]:
        """All records that carry the mark."""
        field = marks.mark_field(self._import)
        if field is None:
            return iter(())
        columns = [*self.fields, CREATED]
        return self._crm.records.find_all(self._import.module, field, [mark], columns)

    def _matched(self, rows: pl.DataFrame) -> pl.DataFrame:
        """As `all`, for `rows`."""
        return _paired(rows, self._read(self._candidates(rows)))

    def _candidates(self, rows: pl.DataFrame) -> Iterator[Record]:
        """The records we made since that have the most telling value of one of the rows."""
        for (field,), group in rows.group_by("by"):
            found = self._crm.records.find_all(
                self._import.module,
                str(field),
                group["value"].unique(maintain_order=True),
                [*self.fields, CREATED, CREATED_BY],
                since=since(self._part),
            )
            yield from filter(self._may_be_ours, found)

    def _may_be_ours(self, record: Record) -> bool:
        """Whether our user made it, as far as the CRM tells."""
        maker_id = _maker_id(record)
        return maker_id is None or self._our_id in (None, maker_id)

    @cached_property
    def _our_id(self) -> str | None:
        return _our_id(self._crm)

    def _read(self, records: Iterator[Record]) -> pl.DataFrame:
        """Their keys; whether each was made since the part was sent."""
        earliest = since(self._part)
        rows = [
            (
                _SEPARATOR.join(_plain(record.values.get(name)) for name in self.fields),
                record.id,
                (moment(record.values.get(CREATED)) or earliest) >= earliest,
            )
            for record in records
        ]
        schema = {"key": pl.String, "record_id": pl.String, "is_new": pl.Boolean}
        return pl.DataFrame(rows, schema=schema, orient="row").unique("record_id")

    def _uncontested(self) -> pl.DataFrame:
        """The rows that no other part may have written as well."""
        clear = self._rows
        for other in _others(self._part, self._import):
            theirs = _keyed(other, other.run.for_import, self.fields)
            clear = clear.join(theirs, on="key", how="anti", maintain_order="left")
        return clear


def made_by_us(part: Part, import_: Import, crm: CrmClient, record_ids: Iterable[str]) -> list[str]:
    """The records that only the part can have created: our user made them since it was sent.

    None where the CRM does not tell, or another import may have made them.
    """
    others = (other.run.for_import_id for other in _others(part, import_))
    if (us := _our_id(crm)) is None or any(other != import_.pk for other in others):
        return []
    earliest = since(part)
    columns = [CREATED, CREATED_BY]
    return [
        record.id
        for record in crm.records.find(import_.module, "id", record_ids, columns)
        if _maker_id(record) == us
        and (moment(record.values.get(CREATED)) or earliest - CLOCKS_DIFFER) >= earliest
    ]


def _our_id(crm: CrmClient) -> str | None:
    """The id of the user whom our jobs work for; None if the CRM does not tell."""
    try:
        return crm.current_user().id
    except CrmRefused:
        return None


def _maker_id(record: Record) -> str | None:
    maker = record.values.get(CREATED_BY)
    return maker.get("id") if isinstance(maker, Mapping) else None


def _telling(part: Part, import_: Import) -> tuple[str, ...]:
    """The fields that tell its rows apart best, by API name; the most telling comes first."""
    sent = {field["api_name"] for field in part.fields_json}

    def rank(field: Field) -> tuple[bool, ...]:
        is_key = field.api_name == import_.find_by
        is_email = field.data_type == "email"
        return (not is_key, not field.unique, not is_email, not field.required)

    texts = [
        field
        for field in import_.destination().fields
        if field.api_name in sent
        and field.data_type in TEXTS
        and (any(not worse for worse in rank(field)) or "Name" in field.api_name)
    ]
    return tuple(field.api_name for field in sorted(texts, key=rank)[:MOST_FIELDS])


def _keyed(part: Part, import_: Import, fields: Sequence[str]) -> pl.DataFrame:
    """The part's rows: number, key of all their telling values, the first of these and its field.

    A row that has none of them is left out.
    """
    with import_.files.read(part.run.rows_file) as path:
        rows = rows_of(path, part.slice)
    here = [name for name in fields if name in rows.columns]
    cells = {name: pl.col(name).str.strip_chars() for name in here}
    filled = [pl.when(cells[n].is_not_null() & (cells[n] != "")).then(pl.lit(n)) for n in here]
    texts = [cells[n].fill_null("") if n in here else pl.lit("") for n in fields]
    nothing = pl.lit(None, dtype=pl.String)
    return rows.select(
        row=ROW,
        key=pl.concat_str(texts, separator=_SEPARATOR).str.to_lowercase() if texts else nothing,
        by=pl.coalesce(filled) if filled else nothing,
        value=pl.coalesce([pl.when(cells[n] != "").then(cells[n]) for n in here])
        if here
        else nothing,
    ).filter(pl.col("by").is_not_null())


def _known(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows whose key no other row has."""
    return rows.filter(pl.col("key").is_unique())


def _paired(rows: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """Each row with the one record that has its key."""
    single = records.filter(pl.col("key").is_unique())
    return rows.select("row", "key").join(single, on="key", how="left").drop("key").sort("row")


def _plain(value: object) -> str:
    return str(value).strip().lower() if value is not None else ""


def _others(part: Part, import_: Import) -> Iterator[Part]:
    """The other parts whose jobs may have written to the module since this one was sent."""
    earliest = since(part)
    never_answered = Q(answered_at=None, sent_at__gte=earliest - MAY_OVERLAP)
    overlapping = Part.objects.filter(
        never_answered | Q(answered_at__gte=earliest),
        run__for_import__connection=import_.connection,
        run__for_import__module=import_.module,
        sent_at__isnull=False,
    )
    wrote_nothing = (Part.State.NOT_SENT, Part.State.REFUSED)
    others = overlapping.exclude(pk=part.pk).exclude(state__in=wrote_nothing)
    others = others.exclude(run__kind=Run.Kind.UNDO)
    yield from others.select_related("run__for_import")
