"""The columns of a job's file as fields of its module, each with what reads its cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from importer.practice.judging.mapping import Mapping, required_fields
from importer.practice.judging.rules import Rules
from importer.practice.judging.values import InvalidValueError, Reader, reader
from importer.practice.organisation.company import USERS_BY_EMAIL, USERS_BY_ID
from importer.practice.organisation.fields import Field
from importer.practice.organisation.module import Module
from importer.practice.organisation.modules import MODULES
from importer.practice.storage.store import parse_id
from importer.practice.storage.stored_records import StoredRecords, Value

USUAL: Final = Rules()


@dataclass(frozen=True, slots=True)
class Column:
    """Cells for one field. Without an index, every row has the default."""

    field: Field
    name: str  # what errors call it: the header's text
    index: int | None
    default: str
    read: Reader
    mandatory: bool
    ignore_empty: bool = False

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
    """The mapped columns, in the order of the mappings, by the usual rules."""
    return ColumnBuilder(records, module).columns(mappings, header)


class ColumnBuilder:
    """Makes the columns of one file. `parents` reads the identifiers of rows in a parent file."""

    def __init__(
        self,
        records: StoredRecords,
        module: Module,
        *,
        rules: Rules = USUAL,
        parents: Reader | None = None,
    ) -> None:
        self.records, self.module, self.rules, self.parents = records, module, rules, parents

    def columns(self, mappings: Sequence[Mapping], header: Sequence[str]) -> list[Column]:
        """The mapped columns, in the order of the mappings."""
        required = required_fields(self.module, mappings, by_layout=self.rules.by_layout)
        names = {field.api_name for field in required}
        return [self._column(mapping, header, names) for mapping in mappings]

    def _column(self, mapping: Mapping, header: Sequence[str], required: set[str]) -> Column:
        field = self.module.field(mapping.api_name)
        if field is None:
            raise KeyError(mapping.api_name)
        return Column(
            field=field,
            name=field.api_name if mapping.index is None else header[mapping.index],
            index=mapping.index,
            default=mapping.default or "",
            read=self._reader(field, mapping),
            mandatory=field.api_name in required,
            ignore_empty=mapping.ignore_empty,
        )

    def _reader(self, field: Field, mapping: Mapping) -> Reader:
        if mapping.parent_column_index is not None and self.parents is not None:
            return self.parents
        if field.lookup is not None:
            return lookup_reader(self.records, MODULES[field.lookup], mapping.find_by or "id")
        if field.names_user:
            return _read_user
        if field.data_type == "layout":
            return lambda text: _layout_id(self.module, text)
        plain = reader(field, mapping.format)
        if field.options:
            grows = self.rules.new_options
            return _Choices(self.records, self.module, field, plain, grows=grows).read
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
    """A picklist's entries. One that is not among them is added, as Zoho does, if it `grows`."""

    def __init__(
        self,
        records: StoredRecords,
        module: Module,
        field: Field,
        plain: Reader,
        *,
        grows: bool,
    ) -> None:
        self.records, self.module, self.field, self.plain = records, module, field, plain
        self.grows = grows
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
            if not self.grows:
                raise InvalidValueError
            self.records.add_option(self.module, self.field.api_name, value)
            self.known[value] = value
        return self.known[value]
