"""The columns of a job's file as fields of its module, each with what reads its cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import zip_longest

from importer.practice.judging.mapping import Mapping, required_fields
from importer.practice.judging.rules import USUAL, Rules
from importer.practice.judging.values import (
    InvalidValueError,
    MissingTargetError,
    Reader,
    reader,
)
from importer.practice.organisation.company import USERS_BY_EMAIL, USERS_BY_ID
from importer.practice.organisation.fields import Field
from importer.practice.organisation.module import Module
from importer.practice.organisation.modules import MODULES
from importer.practice.storage.store import parse_id
from importer.practice.storage.stored_records import NO_ID, StoredRecords, Value


class Lack(Enum):
    """Why there is no value in a cell."""

    BLANK = auto()
    INVALID = auto()
    NO_TARGET = auto()


class Rows:
    """Some rows of a file, column by column; what a short row has not is blank."""

    def __init__(self, rows: Sequence[Sequence[str]]) -> None:
        self.count = len(rows)
        self.columns = list(zip_longest(*rows, fillvalue=""))


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

    def texts(self, rows: Rows) -> Sequence[str]:
        """The rows' cells; the default, if there is one, where they are blank or missing."""
        is_there = self.index is not None and self.index < len(rows.columns)
        cells = rows.columns[self.index or 0] if is_there else ("",) * rows.count
        if not self.default:
            return cells
        return [text if text and not text.isspace() else self.default for text in cells]

    def values(self, rows: Rows) -> tuple[list[Value], list[tuple[int, Lack]]]:
        """What each row says here, and which rows, counted from 0, have no value.

        What several rows say is read once.
        """
        texts = self.texts(rows)
        known: dict[str, Value] = {}
        lacking: dict[str, Lack] = {}
        for text in dict.fromkeys(texts):
            known[text] = None
            if not text or text.isspace():
                lacking[text] = Lack.BLANK
                continue
            try:
                known[text] = self.read(text)
            except MissingTargetError:
                lacking[text] = Lack.NO_TARGET
            except InvalidValueError:
                lacking[text] = Lack.INVALID
        lacks = enumerate(map(lacking.get, texts)) if lacking else ()
        return [known[text] for text in texts], [(n, lack) for n, lack in lacks if lack]

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
    """Makes the columns of one file.

    `parents` reads the identifiers of rows in a parent file. Lookups find no record with an id
    from `before` on: what is written by the same job is not there for them.
    """

    def __init__(
        self,
        records: StoredRecords,
        module: Module,
        *,
        rules: Rules = USUAL,
        parents: Reader | None = None,
        before: int | None = None,
    ) -> None:
        self.records, self.module, self.rules = records, module, rules
        self.parents, self.before = parents, before

    def columns(self, mappings: Sequence[Mapping], header: Sequence[str]) -> list[Column]:
        """The mapped columns, in the order of the mappings."""
        by_layout = self.rules.layout_mandatory != "ignore"
        required = required_fields(self.module, mappings, by_layout=by_layout)
        names = {field.api_name for field in required}
        return [self._column(mapping, header, names) for mapping in mappings]

    def _column(self, mapping: Mapping, header: Sequence[str], required: set[str]) -> Column:
        field = self.module.field(mapping.api_name)
        if field is None:
            raise KeyError(mapping.api_name)
        index = None if self.rules.error_names == "field" else mapping.index
        return Column(
            field=field,
            name=field.api_name if index is None else header[index],
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
            target, find_by = MODULES[field.lookup], mapping.find_by or "id"
            return lookup_reader(self.records, target, find_by, self.before)
        if field.names_user:
            return _read_user
        if field.data_type == "layout":
            return lambda text: _layout_id(self.module, text)
        plain = reader(field, mapping.format, self.rules)
        if field.options:
            grows = self.rules.unknown_option == "add"
            return _Choices(self.records, self.module, field, plain, grows=grows).read
        return plain


def lookup_reader(
    records: StoredRecords, target: Module, find_by: str, before: int | None = None
) -> Reader:
    """Reads the id, which is lower than `before`, of the one record of `target` that is named."""

    def by_id(text: str) -> Value:
        known = parse_id(text)
        if known is None or known >= (before or NO_ID) or records.get(target, known) is None:
            raise MissingTargetError
        return str(known)

    def by_value(text: str) -> Value:
        found = records.find(target, find_by, text, before=before)
        if not found:
            raise MissingTargetError
        if len(found) > 1:
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
