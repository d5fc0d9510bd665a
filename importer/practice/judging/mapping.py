"""Which column fills which field, and how its cells are read."""

from collections.abc import Sequence
from dataclasses import dataclass

from importer.practice.organisation.fields import Field
from importer.practice.organisation.module import Module


@dataclass(frozen=True, slots=True)
class Mapping:
    """One column (counted from 0) for one field; without a column, `default` fills it."""

    api_name: str
    index: int | None = None
    find_by: str | None = None
    format: str | None = None
    default: str | None = None
    parent_column_index: int | None = None  # the parent file's column with the same identifier
    ignore_empty: bool = False


def required_fields(
    module: Module, mappings: Sequence[Mapping], *, by_layout: bool = True
) -> tuple[Field, ...]:
    """What a new record needs, in the layout that all rows are for or in every one."""
    layout = next((m.default for m in mappings if m.api_name == "Layout" and m.index is None), None)
    return tuple(f for f in module.required(layout) if by_layout or f.mandatory)
