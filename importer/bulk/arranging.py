"""The order in which rows are sent: those that need the same stand together."""

import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from importer.checks.storage import ParquetFile, Schema, chunks
from importer.sheets.table import ROW

_SORTED_ROWS = 100_000  # at a time
_PLACE: Schema = {"place": pl.Int64}  # among the rows that erase, from 0


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that stand together and are sent alike."""

    rows: int
    left_out: tuple[str, ...] = ()  # API names of the fields that are not sent for them
    clears: bool = False  # a blank cell erases the CRM's value


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of `checked` that are to be sent, and the fields whose blanks erase."""

    checked: Path
    clearing: tuple[str, ...]
    only: pl.Series | None
    without: pl.Series

    @property
    def fields(self) -> list[str]:
        return [name for name in pl.read_parquet_schema(self.checked) if name != ROW]

    @property
    def others(self) -> list[str]:
        """The fields whose blank cells leave the CRM's values alone."""
        return [name for name in self.fields if name not in self.clearing]

    @property
    def erases(self) -> pl.Expr:
        return pl.any_horizontal(pl.lit(False), *(pl.col(n).is_null() for n in self.clearing))

    def chunks(self, columns: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
        for chunk in chunks(self.checked, columns):
            mine = ~pl.col(ROW).is_in(_here(self.without, chunk))
            if self.only is not None:
                mine &= pl.col(ROW).is_in(_here(self.only, chunk))
            yield chunk.filter(mine)


def arrange(
    checked: Path,
    target: Path,
    *,
    clearing: Collection[str] = (),
    only: Collection[int] | None = None,
    without: Collection[int] = (),
) -> tuple[Group, ...]:
    """Write the rows of `checked` to `target` in the order in which they are sent.

    `only` and `without` choose rows by the number that Excel shows. `clearing` are the API names
    of the fields of which a blank cell erases the CRM's value. The CRM knows one such rule for a
    job, so that rows with a blank there form groups by the other fields that they have blank;
    these are left out. All other rows come first, in file order; then the groups by their size.
    """
    rows = _rows(checked, clearing, only, without)
    groups, places = _grouped(rows)
    schema: Schema = {ROW: pl.Int64} | dict.fromkeys(rows.fields, pl.String)
    with (
        ParquetFile(target, schema) as arranged,
        tempfile.TemporaryDirectory(dir=target.parent) as folder,
    ):
        # The rows that erase pass through files that fit in memory, to be sorted one by one.
        files = [Path(folder, f"{n}") for n in range(-(-places.height // _SORTED_ROWS))]
        with ExitStack() as held:
            aside = [held.enter_context(ParquetFile(f, schema | _PLACE)) for f in files]
            for chunk in rows.chunks():
                arranged.write(chunk.filter(~rows.erases))
                placed = chunk.join(places, on=ROW)
                for (n,), some in placed.group_by(pl.col("place") // _SORTED_ROWS):
                    aside[n].write(some)
        for file in files:
            arranged.write(pl.read_parquet(file).sort("place"))
    return groups


def groups_of(
    checked: Path,
    *,
    clearing: Collection[str] = (),
    only: Collection[int] | None = None,
    without: Collection[int] = (),
) -> tuple[Group, ...]:
    """The groups that `arrange` would make. There may be as many as rows with a blank."""
    return _grouped(_rows(checked, clearing, only, without))[0]


def _rows(
    checked: Path, clearing: Collection[str], only: Collection[int] | None, without: Collection[int]
) -> _Rows:
    return _Rows(
        checked,
        tuple(clearing),
        None if only is None else pl.Series(list(only), dtype=pl.Int64),
        pl.Series(list(without), dtype=pl.Int64),
    )


def _here(numbers: pl.Series, chunk: pl.DataFrame) -> pl.Series:
    """Those of `numbers` that may be rows of `chunk`, as `is_in` takes them."""
    return numbers.filter(numbers.is_between(chunk[ROW].min(), chunk[ROW].max())).implode()


def _grouped(rows: _Rows) -> tuple[tuple[Group, ...], pl.DataFrame]:
    """All groups, and the `place` of each row that erases."""
    fields = rows.others if rows.clearing else []
    blanks = pl.concat_str(pl.lit(""), *(pl.col(n).is_null().cast(pl.UInt8) for n in fields))
    plain = 0
    found = [pl.DataFrame(schema={ROW: pl.Int64, "blanks": pl.Categorical})]
    for chunk in rows.chunks([ROW, *fields, *rows.clearing]):
        erasing = chunk.filter(rows.erases)
        plain += chunk.height - erasing.height
        found.append(erasing.select(ROW, blanks=blanks.cast(pl.Categorical)))
    erasing = pl.concat(found)
    sizes = (
        erasing.group_by("blanks")
        .agg(rows=pl.len(), first=pl.col(ROW).min())
        .sort("rows", "first", descending=[True, False])
        .with_row_index("group")
    )
    groups = [
        Group(size, _left_out(fields, of), clears=True)
        for of, size in sizes.select("blanks", "rows").iter_rows()
    ]
    in_order = erasing.join(sizes.select("blanks", "group"), on="blanks").sort("group", ROW)
    places = in_order.select(ROW, place=pl.int_range(pl.len()))
    return (Group(plain), *groups) if plain else tuple(groups), places


def _left_out(fields: Sequence[str], blanks: str) -> tuple[str, ...]:
    return tuple(name for name, blank in zip(fields, blanks, strict=True) if blank == "1")
