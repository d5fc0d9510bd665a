"""Whether a mapping fits the table, the module and the operation."""

from collections import Counter
from collections.abc import Iterator, Sequence

from importer.crm.schema import Field, Module, Operation
from importer.mapping.model import Mapping

MAX_FIELDS = 200  # of one bulk write job (zoho-crm-api, "Limits")
_ALWAYS_THERE = frozenset({"ownerlookup", "layout"})


def missing_fields(mapping: Mapping, module: Module, operation: Operation) -> tuple[Field, ...]:
    """The fields without which no record can be created, and which nothing fills yet."""
    if operation is Operation.UPDATE:
        return ()
    filled = {c.field for c in mapping.columns} | {f.field for f in mapping.fixed if f.value}
    return tuple(f for f in module.fields if f.required and f.api_name not in filled)


def never_cleared(field: Field, find_by: str | None) -> str | None:
    """Why a blank cell cannot erase what the CRM has in `field`; None where it can."""
    if field.api_name == find_by:
        return f"{field.label} cannot be cleared: it finds the records."
    if field.required or field.data_type in _ALWAYS_THERE:
        return f"{field.label} cannot be cleared: Zoho needs a value in every record."
    if not field.updatable:
        return f"{field.label} cannot be cleared: Zoho does not let it be changed."
    return None


def fitting(
    mapping: Mapping,
    headers: Sequence[str],
    module: Module,
    operation: Operation,
    find_by: str | None,
) -> tuple[str, ...]:
    """What does not fit, a sentence each for a person; nothing where all of it fits."""
    return (
        *_columns_not_in_file(mapping, headers),
        *_columns_matched_twice(mapping),
        *_fields_not_to_fill(mapping, module, operation, find_by),
        *_fields_filled_twice(mapping, module),
        *_key_not_fit(mapping, module, operation, find_by),
        *_fields_not_to_clear(mapping, module, operation, find_by),
        *_too_many(mapping),
    )


def _columns_not_in_file(mapping: Mapping, headers: Sequence[str]) -> Iterator[str]:
    for column in mapping.columns:
        if column.column not in headers:
            yield f"The file has no column “{column.column}”. Unmatch it, or choose another file."


def _columns_matched_twice(mapping: Mapping) -> Iterator[str]:
    for column, times in Counter(c.column for c in mapping.columns).items():
        if times > 1:
            yield f"The column “{column}” is matched {times} times. Match it once."


def _fields_not_to_fill(
    mapping: Mapping, module: Module, operation: Operation, find_by: str | None
) -> Iterator[str]:
    known = {field.api_name: field for field in module.fields}
    for name in dict.fromkeys(mapping.fields):
        field = known.get(name)
        if field is None:
            yield f"{module.label} have no field “{name}”. Choose another field."
        elif not field.writable(operation) and name != find_by:
            yield f"{field.label} cannot be filled here: Zoho does not let it be changed."


def _fields_filled_twice(mapping: Mapping, module: Module) -> Iterator[str]:
    for name, times in Counter(mapping.fields).items():
        if times > 1:
            yield f"{_label(module, name)} is filled {times} times. Fill it once."


def _key_not_fit(
    mapping: Mapping, module: Module, operation: Operation, find_by: str | None
) -> Iterator[str]:
    if find_by is None:
        if operation is not Operation.INSERT:
            yield "Choose the field that finds the records to change."
        return
    label = _label(module, find_by)
    if find_by not in {field.api_name for field in module.key_fields}:
        yield f"Records cannot be found by {label}: Zoho does not keep it unique."
    if any(fixed.field == find_by for fixed in mapping.fixed):
        yield f"{label} finds the records, so it cannot be the same value in every row."
    elif mapping.column_for(find_by) is None:
        yield f"{label} finds the records, so a column must be matched to it."


def _fields_not_to_clear(
    mapping: Mapping, module: Module, operation: Operation, find_by: str | None
) -> Iterator[str]:
    if operation is Operation.INSERT:
        return  # there is nothing to clear
    erased = {column.field for column in mapping.columns if column.erases}
    for field in module.fields:
        reason = never_cleared(field, find_by)
        if reason and field.api_name in erased:
            yield f"{reason} Choose something else for its empty cells."


def _too_many(mapping: Mapping) -> Iterator[str]:
    count = len(mapping.fields)
    if count > MAX_FIELDS:
        yield (
            f"{count} columns are matched; Zoho takes {MAX_FIELDS} at a time. "
            f"Unmatch {count - MAX_FIELDS}, or import twice."
        )


def _label(module: Module, name: str) -> str:
    return next((f.label for f in module.fields if f.api_name == name), f"“{name}”")
