"""What fills each field: a column of the table or a fixed value, and the rule it must pass."""

from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from importer.checks import choices, dates, numbers
from importer.checks.cells import filled, is_cell_error, lost_digits, translated, trimmed
from importer.checks.rules import TEXT, Rule, first_code, worked_out
from importer.checks.texts import (
    email_rule,
    phone_rule,
    record_id_rule,
    text_rule,
    website_rule,
)
from importer.crm.schema import Field, Module, Operation
from importer.mapping.model import ColumnMapping, DateOrder, DecimalMark, Mapping
from importer.sheets.table import ROW

_TEXT_RULES = {"email": email_rule, "phone": phone_rule, "website": website_rule}
_RECORD_IDS = frozenset({"lookup", "ownerlookup", "userlookup"})


@dataclass(frozen=True, slots=True)
class Filling:
    """A field and where its values come from."""

    field: Field
    column: ColumnMapping | None  # None for a fixed value
    fixed: str = ""
    blank_code: str | None = None  # the problem that a row without a value has

    @property
    def header(self) -> str | None:
        return self.column.column if self.column else None

    @property
    def cell(self) -> pl.Expr:
        """The trimmed value before any rule."""
        return trimmed(pl.col(self.column.column) if self.column else pl.lit(self.fixed))


@dataclass(frozen=True, slots=True)
class Decisions:
    """What holds for a whole column: the person's answer, or what all values tell."""

    order: DateOrder | None = None
    mark: DecimalMark | None = None
    suggestions: dict[str, str] = field(default_factory=dict)


def fillings(
    mapping: Mapping, module: Module, operation: Operation, find_by: str | None
) -> tuple[Filling, ...]:
    """All that `mapping` fills, the match field first, then the required ones, then the rest."""
    sources: list[tuple[str, ColumnMapping | None, str]] = [
        *((column.field, column, "") for column in mapping.columns),
        *((fixed.field, None, fixed.value) for fixed in mapping.fixed),
    ]
    found = [
        Filling(field, column, fixed, _blank_code(field, operation, find_by))
        for name, column, fixed in sources
        for field in [module.field(name)]
    ]
    return tuple(sorted(found, key=lambda f: (f.field.api_name != find_by, not f.field.required)))


def decide(table: Path, filling: Filling, whole: Path | None = None) -> Decisions:
    """Decide what concerns the whole column of `filling`, from all rows of `table`.

    How dates and numbers are written is decided from those of `whole`, where `table` is a part.
    """
    column, data_type = filling.column, filling.field.data_type
    if column is None:  # a fixed value is written as the CRM writes it
        return Decisions(order="ymd", mark=".")
    frame = pl.scan_parquet(table)
    written = pl.scan_parquet(whole or table)
    if data_type in dates.TYPES:
        return Decisions(order=column.date_order or dates.study(written, filling.cell).order)
    if data_type in numbers.TYPES:
        return Decisions(mark=column.decimal_mark or numbers.study(written, filling.cell).mark)
    if has_options(filling.field):
        return Decisions(suggestions=choices.study(frame, filling.cell, filling.field).suggestions)
    return Decisions()


def has_options(field: Field) -> bool:
    """Whether the field takes only certain texts."""
    return field.data_type == "boolean" or (
        field.data_type in choices.TYPES and bool(field.options)
    )


def judged(
    frame: pl.LazyFrame, filling: Filling, decisions: Decisions, time_zone: str
) -> pl.LazyFrame:
    """`frame`'s rows as `_row`, `cell` (trimmed), `value`, `error`, `warning`, `suggestion`.

    `value` is the canonical CRM text, null where blank or in error; the others are codes.
    """
    rule = _rule(filling, decisions, time_zone)
    errors = {"cell_error": is_cell_error(TEXT), **rule.errors}
    warnings = {**rule.warnings, "digits_lost": lost_digits(TEXT)}
    suggestion = pl.lit(None, dtype=pl.String) if rule.suggestion is None else rule.suggestion
    texts = frame.select(ROW, cell=filling.cell).with_columns(text=_text(filling))
    there = TEXT.is_not_null()
    values = worked_out(texts, rule.steps).select(
        ROW,
        "cell",
        value=pl.when(there).then(rule.value),
        error=pl.when(there).then(first_code(errors)),
        warning=pl.when(there).then(first_code(warnings)),
        suggestion=suggestion,
    )
    return _blanks_judged(values, filling)


def _blanks_judged(values: pl.LazyFrame, filling: Filling) -> pl.LazyFrame:
    """`values` with the problem of a blank, and no value where there is a problem."""
    right = pl.col("error").is_null()
    blank = pl.when(pl.col("value").is_null()).then(pl.lit(filling.blank_code, dtype=pl.String))
    return values.with_columns(
        value=pl.when(right).then(pl.col("value")),
        error=pl.coalesce("error", blank),
        warning=pl.when(right).then(pl.col("warning")),
        suggestion=pl.when(~right).then(pl.col("suggestion")),
    )


def _text(filling: Filling) -> pl.Expr:
    """The cell with the mapping's values and fill in place."""
    cell = pl.col("cell")
    values = filling.column.values if filling.column else {}
    several = filling.field.data_type == "multiselectpicklist"  # translates each of its texts
    return filled(cell if several else translated(cell, values), cell, filling.column)


def _rule(filling: Filling, decisions: Decisions, time_zone: str) -> Rule:
    field, column = filling.field, filling.column
    if field.data_type in dates.TYPES:
        return dates.date_rule(field, decisions.order, time_zone)
    if field.api_name == "id" or field.data_type in _RECORD_IDS:
        return record_id_rule()
    if field.data_type in numbers.TYPES:
        return numbers.number_rule(field, decisions.mark)
    if has_options(field):
        values = column.values if column else {}
        return choices.choice_rule(field, values, decisions.suggestions)
    return _TEXT_RULES.get(field.data_type, text_rule)(field)


def _blank_code(field: Field, operation: Operation, find_by: str | None) -> str | None:
    if operation is not Operation.INSERT and field.api_name == find_by:
        return "key_blank"
    if operation is not Operation.UPDATE and field.required:
        return "required_blank"
    return None
