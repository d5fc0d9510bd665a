"""The columns of a job's file as fields of its module, each with what reads its cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from importer.practice.fields import Field
from importer.practice.job_mappings import Mapping, required_fields
from importer.practice.modules import Module
from importer.practice.organisation import USERS_BY_EMAIL, USERS_BY_ID
from importer.practice.store import parse_id
from importer.practice.stored_records import StoredRecords
from importer.practice.trade_modules import MODULES
from importer.practice.values import InvalidValueError, Reader, Value, reader

USER_TYPES: Final = ("ownerlookup", "userlookup")


@dataclass(frozen=True, slots=True)
class Column:
    """Cells for one field. Without an index, every row has the default."""

    field: Field
    name: str  # what errors call it: the header's text
    index: int | None
    default: str
    read: Reader
    mandatory: bool

    def text(self, row: Sequence[str]) -> str:
        """The row's cell, or the default where it is blank or missing."""
        if self.index is not None and self.index < len(row):
            text = row[self.index]
            if text and not text.isspace():
                return text
        return self.default

    @property
    def keeps_when_blank(self) -> bool:
        """A record is never without an owner or a layout."""
        return self.field.api_name in ("Owner", "Layout")


def build_columns(
    records: StoredRecords, module: Module, mappings: Sequence[Mapping], header: Sequence[str]
) -> list[Column]:
    """The mapped columns, in the order of the mappings."""
    required = {field.api_name for field in required_fields(module, mappings)}
    return [_column(records, module, mapping, header, required) for mapping in mappings]


def _column(
    records: StoredRecords,
    module: Module,
    mapping: Mapping,
    header: Sequence[str],
    required: set[str],
) -> Column:
    field = module.field(mapping.api_name)
    if field is None:
        raise KeyError(mapping.api_name)
    return Column(
        field=field,
        name=field.api_name if mapping.index is None else header[mapping.index],
        index=mapping.index,
        default=mapping.default or "",
        read=_reader(records, module, field, mapping),
        mandatory=field.api_name in required,
    )


def _reader(records: StoredRecords, module: Module, field: Field, mapping: Mapping) -> Reader:
    if field.lookup is not None:
        return lookup_reader(records, MODULES[field.lookup], mapping.find_by or "id")
    if field.data_type in USER_TYPES:
        return _read_user
    if field.data_type == "layout":
        return lambda text: _layout_id(module, text)
    plain = reader(field, mapping.format)
    if field.options:
        return _Choices(records, module, field, plain).read
    return plain


def lookup_reader(records: StoredRecords, target: Module, find_by: str) -> Reader:
    """Reads the id of the one record of `target` that the text names."""

    def by_id(text: str) -> Value:
        known = parse_id(text)
        if known is None or records.get(target, known) is None:
            raise InvalidValueError
        return str(known)

    def by_value(text: str) -> Value:
        found = records.find(target, find_by, text)
        if len(found) != 1:
            raise InvalidValueError
        return str(found[0])

    return by_id if find_by == "id" else by_value


def _read_user(text: str) -> Value:
    """A user's id or e-mail address: no text can be both."""
    user = USERS_BY_ID.get(text.strip()) or USERS_BY_EMAIL.get(text.strip().lower())
    if user is None:
        raise InvalidValueError
    return user.id


def _layout_id(module: Module, text: str) -> Value:
    """By id or name; what nobody knows means the default layout, as Zoho has it."""
    for layout in module.layouts:
        if text.strip() in (layout.id, layout.name):
            return layout.id
    return module.layouts[0].id


class _Choices:
    """A picklist's entries. One that is not among them is added, as Zoho does."""

    def __init__(self, records: StoredRecords, module: Module, field: Field, plain: Reader) -> None:
        self.records, self.module, self.field, self.plain = records, module, field, plain
        self.known = {option.actual: option.display for option in field.options}
        self.known |= {option.display: option.display for option in field.options}
        self.known |= {value: value for value in records.options(module, field.api_name)}

    def read(self, text: str) -> Value:
        value = self.plain(text)
        if isinstance(value, list):
            return [self._choice(part) for part in value]
        choice = self._choice(str(value).strip())
        return None if choice == "-None-" else choice

    def _choice(self, value: str) -> str:
        if value not in self.known:
            self.records.add_option(self.module, self.field.api_name, value)
            self.known[value] = value
        return self.known[value]
