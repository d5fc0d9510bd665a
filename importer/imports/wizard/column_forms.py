"""Step 3's form: a field for each column of the file, fixed values for what no column fills."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django import forms

from importer.crm.schema import Field, Module, Operation
from importer.mapping import missing_fields, never_cleared, suggest
from importer.mapping.model import ColumnMapping, FixedValue, Mapping
from importer.sheets.table import ColumnProfile, Table

KEEP, CLEAR, USE = "keep", "clear", "use"  # what an empty cell does


@dataclass(frozen=True, slots=True)
class ColumnLine:
    """One column of the file, as the page shows it."""

    profile: ColumnProfile
    blank: int  # rows in which it is empty
    field: forms.BoundField
    when_empty: forms.BoundField
    fill: forms.BoundField
    reason: str  # why this field is chosen, or none


class ColumnsForm(forms.Form):
    """What fills what. Answers about a column's values stay while its field stays."""

    def __init__(
        self,
        data: Any,
        *,
        table: Table,
        mapping: Mapping,
        module: Module,
        operation: Operation,
        find_by: str,
    ) -> None:
        super().__init__(data)
        self._table, self._mapping, self._module = table, mapping, module
        self._operation, self._find_by = operation, find_by
        self._suggestions = suggest(table.headers, module, operation, find_by)
        offered = [
            field
            for field in module.fields
            if field.writable(operation) or field.api_name == find_by
        ]
        choices = [("", "Leave out"), *((f.api_name, _label(f, operation)) for f in offered)]
        by_column = {column.column: column for column in mapping.columns}
        for index, header in enumerate(table.headers):
            now = by_column.get(header)
            self.fields[f"field_{index}"] = forms.ChoiceField(
                choices=choices,
                required=False,
                initial=now.field if now else "",
                widget=forms.Select(attrs=_named(f"CRM field for {header}")),
            )
            self.fields[f"empty_{index}"] = self._when_empty(index, header, now)
            self.fields[f"fill_{index}"] = forms.CharField(
                required=False,
                max_length=1000,
                initial=now.fill if now else "",
                widget=forms.TextInput(attrs=_named(f"What to use when {header} is empty")),
            )
        for field in self._to_fix():
            self.fields[f"fixed_{field.api_name}"] = _value_field(field, mapping)

    def lines(self) -> Iterator[ColumnLine]:
        """A line for each column, in the file's order."""
        for index, profile in enumerate(self._table.columns):
            yield ColumnLine(
                profile=profile,
                blank=self._table.rows - profile.filled,
                field=self[f"field_{index}"],
                when_empty=self[f"empty_{index}"],
                fill=self[f"fill_{index}"],
                reason=self._reason(profile.header),
            )

    def changed(self) -> Iterator[ColumnLine]:
        """The lines whose field is another than before: an empty cell may now do other things."""
        before = {c.column: c.field for c in self._mapping.columns}
        for line in self.lines():
            if line.field.value() != before.get(line.profile.header, ""):
                yield line

    def unfinished(self) -> Iterator[str]:
        """What is still to be given, a sentence each, once the form is valid."""
        for index, header in enumerate(self._table.headers):
            field, when_empty, fill = (
                self.cleaned_data[f"{name}_{index}"] for name in ("field", "empty", "fill")
            )
            if field and when_empty == USE and not fill:
                yield f"Give the value to use where “{header}” is empty, or choose something else."

    def fixed(self) -> list[forms.BoundField]:
        """The fields that must have a value and that no column fills."""
        return [self[name] for name in self.fields if name.startswith("fixed_")]

    def mapping(self) -> Mapping:
        """What the person chose."""
        columns = tuple(self._columns())
        filled = {column.field for column in columns}
        fixed = tuple(
            FixedValue(name.removeprefix("fixed_"), value)
            for name, value in self.cleaned_data.items()
            if name.startswith("fixed_") and value and name.removeprefix("fixed_") not in filled
        )
        return Mapping(columns, fixed, self._mapping.repeats)

    def _columns(self) -> Iterator[ColumnMapping]:
        before = {(c.column, c.field): c for c in self._mapping.columns}
        for index, header in enumerate(self._table.headers):
            field = self.cleaned_data[f"field_{index}"]
            when_empty = self.cleaned_data[f"empty_{index}"]
            fill = self.cleaned_data[f"fill_{index}"] if when_empty == USE else ""
            if field:
                same = before.get((header, field), ColumnMapping(header, field))
                yield replace(same, fill=fill, clears=when_empty == CLEAR)

    def _when_empty(self, index: int, header: str, now: ColumnMapping | None) -> forms.Field:
        """What an empty cell does; clearing is offered where it can be done, or is chosen."""
        inserts = self._operation is Operation.INSERT
        initial = KEEP
        if now and now.fill:
            initial = USE
        elif now and now.clears and not inserts:
            initial = CLEAR
        offered = {
            KEEP: "Leave it empty" if inserts else "Keep what the CRM has",
            CLEAR: "Clear what the CRM has",
            USE: "Use a value",
        }
        why_not = None if inserts else self._never_cleared(index, now)
        if (inserts or why_not) and self._posted(f"empty_{index}", initial) != CLEAR:
            del offered[CLEAR]
        return forms.ChoiceField(
            choices=list(offered.items()),
            required=False,
            initial=initial,
            help_text=why_not or "",
            widget=forms.Select(attrs=_named(f"When {header} is empty")),
        )

    def _never_cleared(self, index: int, now: ColumnMapping | None) -> str | None:
        """Why an empty cell cannot clear the field that is chosen for the column."""
        chosen = self._posted(f"field_{index}", now.field if now else "")
        field = next((f for f in self._module.fields if f.api_name == chosen), None)
        return never_cleared(field, self._find_by) if field else None

    def _posted(self, name: str, otherwise: str) -> str:
        return str(self.data.get(name, "")) if self.is_bound else otherwise

    def _reason(self, header: str) -> str:
        suggestion = self._suggestions.get(header)
        chosen = next((c.field for c in self._mapping.columns if c.column == header), None)
        if suggestion and suggestion.field == chosen:
            return suggestion.reason
        if chosen:
            return "You chose this field."
        return "No field of this name." if suggestion is None else "You left this out."

    def _to_fix(self) -> list[Field]:
        """Mandatory fields that no column fills as the mapping stands, or as it is posted."""
        by_columns = Mapping(self._mapping.columns)
        if self.is_bound:
            posted = (self._posted(f"field_{i}", "") for i in range(len(self._table.headers)))
            by_columns = Mapping(tuple(ColumnMapping(f, f) for f in posted if f))
        missing = list(missing_fields(by_columns, self._module, self._operation))
        fixed_before = {f.field for f in self._mapping.fixed} - set(by_columns.fields)
        others = [
            field
            for field in self._module.fields
            if field.api_name in fixed_before and field not in missing
        ]
        return missing + others


def _named(name: str) -> dict[str, str]:
    return {"class": "input input--dense", "aria-label": name}


def _label(field: Field, operation: Operation) -> str:
    needed = field.required and operation is not Operation.UPDATE
    kind = KINDS.get(field.data_type, "")
    return f"{field.label}{' *' if needed else ''}{f' ({kind})' if kind else ''}"


KINDS = {
    "text": "text",
    "textarea": "long text",
    "email": "e-mail",
    "phone": "phone",
    "website": "web address",
    "integer": "whole number",
    "bigint": "whole number",
    "double": "number",
    "currency": "amount",
    "percent": "percent",
    "date": "date",
    "datetime": "date and time",
    "boolean": "yes or no",
    "picklist": "list",
    "multiselectpicklist": "list, several",
    "lookup": "record id",
    "ownerlookup": "user id",
    "userlookup": "user id",
}


def _value_field(field: Field, mapping: Mapping) -> forms.Field:
    now = next((f.value for f in mapping.fixed if f.field == field.api_name), "")
    options: dict[str, Any] = {"required": False, "initial": now, "label": field.label}
    if field.options:
        choices = [("", "Choose a value"), *((o.value, o.label) for o in field.options)]
        return forms.ChoiceField(choices=choices, **options)
    return forms.CharField(max_length=field.length or 1000, **options)
