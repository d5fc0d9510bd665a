"""The mapping: which column fills which field, and how."""

import dataclasses
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

import cattrs
from cattrs.gen import make_dict_unstructure_fn, override

from importer.crm.schema import Operation

DateOrder = Literal["dmy", "mdy", "ymd"]
DecimalMark = Literal[".", ","]
Repeats = Literal["first", "last", "hold"]


class InvalidMapping(ValueError):
    """A mapping that cannot be read, or does not fit the table or the module."""


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """One column of the table and the field it fills."""

    column: str
    field: str  # API name
    fill: str = ""  # the value where a cell is blank; empty leaves the CRM's value alone
    date_order: DateOrder | None = None  # of a column whose dates have two readings
    decimal_mark: DecimalMark | None = None  # of a column whose numbers have two readings
    values: dict[str, str] = dataclasses.field(
        default_factory=dict
    )  # text seen -> value; "" leaves it blank
    clears: bool = False  # a blank cell erases what the CRM has

    @property
    def erases(self) -> bool:
        """Whether a blank cell erases what the CRM has: not if there is a value in its place."""
        return self.clears and not self.fill


@dataclass(frozen=True, slots=True)
class FixedValue:
    """One value for a field in every row."""

    field: str  # API name
    value: str


@dataclass(frozen=True, slots=True)
class Mapping:
    """All columns that go into the CRM; a column not named here stays behind."""

    columns: tuple[ColumnMapping, ...] = ()
    fixed: tuple[FixedValue, ...] = ()
    repeats: Repeats = "hold"  # of rows that share a match value, which one is sent

    @property
    def fields(self) -> tuple[str, ...]:
        """The API names of all fields that are filled."""
        return (*(c.field for c in self.columns), *(f.field for f in self.fixed))

    def column_for(self, field_name: str) -> ColumnMapping | None:
        """The column that fills `field_name`, if one does."""
        return next((c for c in self.columns if c.field == field_name), None)

    def clearing(self, operation: Operation, find_by: str | None) -> tuple[str, ...]:
        """The API names of the fields whose blank cells erase what the CRM has.

        New records have nothing to erase, and a row without its match value changes no record.
        """
        if operation is Operation.INSERT:
            return ()
        return tuple(c.field for c in self.columns if c.erases and c.field != find_by)

    def with_column(self, changed: ColumnMapping) -> Self:
        """This mapping with the entry of the same column replaced."""
        columns = tuple(changed if c.column == changed.column else c for c in self.columns)
        return replace(self, columns=columns)

    def without_answers(self) -> Self:
        """This mapping as it was before anything was asked about the columns' values."""
        bare = (ColumnMapping(c.column, c.field, c.fill, clears=c.clears) for c in self.columns)
        return replace(self, columns=tuple(bare), repeats="hold")

    def to_json(self) -> dict[str, Any]:
        """Plain dicts and lists, as stored and as `run_import --mapping` reads them."""
        data: dict[str, Any] = _converter.unstructure(self)
        return data

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """The mapping that `to_json` wrote; `InvalidMapping` says what does not fit."""
        try:
            return _converter.structure(data, cls)
        except Exception as error:  # whatever a wrong shape raises inside the converter
            raise InvalidMapping("; ".join(cattrs.transform_error(error))) from error


def _truth(data: Any, _: type[bool]) -> bool:
    if not isinstance(data, bool):
        raise TypeError("must be true or false")  # the text "false" would count as true
    return data


_converter = cattrs.Converter(forbid_extra_keys=True)
_converter.register_structure_hook(bool, _truth)
# What clears nothing is written as it was before this could be chosen, so that the checks of
# imports from then still hold.
_converter.register_unstructure_hook(
    ColumnMapping,
    make_dict_unstructure_fn(ColumnMapping, _converter, clears=override(omit_if_default=True)),
)
