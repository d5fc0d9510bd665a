"""Picklists, multi-select picklists and checkboxes: which texts mean which option."""

import difflib
from dataclasses import dataclass

import polars as pl

from importer.checks.cells import folded, folded_texts, translated, trimmed
from importer.checks.model import UnknownOption
from importer.checks.rules import TEXT, Rule
from importer.crm.schema import Field

TYPES = frozenset({"picklist", "multiselectpicklist", "boolean"})
MAX_UNKNOWN = 200  # texts that a person is asked about, a column
_ALIKE = 0.7  # of 1; below it a suggestion confuses more than it helps
_SHORTEST_HINT = 3  # characters that say something about an option
_YES = ("true", "yes", "y", "1", "x", "on", "checked", "✓", "✔", "☑")
_NO = ("false", "no", "n", "0", "off", "unchecked", "☐", "✗")


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of a column that are no option of its field."""

    rows: int  # rows that hold one
    unknown: tuple[UnknownOption, ...]  # commonest first

    @property
    def suggestions(self) -> dict[str, str]:
        """The option that is near, by the text as options compare."""
        near = {u.text: u.suggestion for u in self.unknown if u.suggestion}
        return dict(zip(folded_texts(near), near.values(), strict=True))


def study(frame: pl.LazyFrame, cell: pl.Expr, field: Field) -> Texts:
    """The texts of `cell` in the whole of `frame` that `field` does not know."""
    pieces = frame.with_row_index("row").select("row", text=_pieces(cell, field)).explode("text")
    strange = pieces.filter(pl.col("text").is_not_null() & _option(pl.col("text"), field).is_null())
    counts = (
        strange.group_by(folded(pl.col("text")).alias("key"))
        .agg(text=pl.col("text").first(), rows=pl.col("row").n_unique(), seen=pl.col("row").min())
        .sort(["rows", "seen"], descending=[True, False])
        .head(MAX_UNKNOWN)
        .collect()
    )
    rows = strange.select(pl.col("row").n_unique()).collect().item()
    _, spellings = _names(field)
    unknown = tuple(
        UnknownOption(text, count, _nearest(key, spellings))
        for text, count, key in counts.select("text", "rows", "key").iter_rows()
    )
    return Texts(rows, unknown)


def choice_rule(field: Field, values: dict[str, str], suggestions: dict[str, str]) -> Rule:
    """One of the field's options, by its label or its value, or a yes or no.

    `values` is what the mapping makes of single texts of a multi-select picklist.
    """
    if field.data_type == "multiselectpicklist":
        return _several_rule(field, values, suggestions)
    value = _option(TEXT, field)
    code = "not_a_yes_no" if field.data_type == "boolean" else "unknown_option"
    return Rule(value, {code: value.is_null()}, suggestion=_suggested(TEXT, suggestions))


def _several_rule(field: Field, values: dict[str, str], suggestions: dict[str, str]) -> Rule:
    """Options joined by semicolons."""
    pieces = _pieces(TEXT, field)
    meant = translated(pl.element(), values)
    options = pieces.list.eval(_option(meant, field)).list.drop_nulls()
    joined = options.list.unique(maintain_order=True).list.join(";")
    strange = pieces.list.eval(
        pl.element().filter(meant.is_not_null() & _option(meant, field).is_null())
    )
    return Rule(
        pl.when(joined != "").then(joined),
        {"unknown_option": strange.list.len() > 0},
        suggestion=_suggested(strange.list.first(), suggestions),
    )


def _pieces(cell: pl.Expr, field: Field) -> pl.Expr:
    """The single texts of a cell, as a list: one, or those between semicolons or commas."""
    if field.data_type != "multiselectpicklist":
        return pl.concat_list(cell)
    semicolons = (
        pl.when(cell.str.contains(";", literal=True) | _option(cell, field).is_not_null())
        .then(cell)
        .otherwise(cell.str.replace_all(",", ";", literal=True))
    )
    return semicolons.str.split(";").list.eval(trimmed(pl.element())).list.drop_nulls()


def _option(text: pl.Expr, field: Field) -> pl.Expr:
    """The value of the option that `text` names; null where it names none."""
    exact, alike = _names(field)
    return pl.coalesce(
        text.replace_strict(exact, default=None, return_dtype=pl.String),
        folded(text).replace_strict(alike, default=None, return_dtype=pl.String),
    )


def _names(field: Field) -> tuple[dict[str, str], dict[str, str]]:
    """The options' values by all their names, and by these as they compare."""
    if field.data_type == "boolean":
        words = dict.fromkeys(_YES, "true") | dict.fromkeys(_NO, "false")
        return words, words
    values = {o.value: o.value for o in field.options}
    names = {o.label: o.value for o in field.options} | values
    alike = dict(zip(folded_texts(names), names.values(), strict=True))
    return names, alike | dict(zip(folded_texts(values), values, strict=True))


def _nearest(text: str, spellings: dict[str, str]) -> str | None:
    """The value whose spelling is most like `text`, or holds it or is held by it."""
    near = difflib.get_close_matches(text, spellings, n=1, cutoff=_ALIKE)
    held = (
        name
        for name in spellings
        if min(len(name), len(text)) >= _SHORTEST_HINT and (text in name or name in text)
    )
    best = near[0] if near else next(held, None)
    return spellings[best] if best else None


def _suggested(text: pl.Expr, suggestions: dict[str, str]) -> pl.Expr:
    return folded(text).replace_strict(suggestions, default=None, return_dtype=pl.String)
