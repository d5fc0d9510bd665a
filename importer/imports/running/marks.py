"""The import mark: a text in every record that tells which import's which part has written it."""

from importer.crm.jobs import FieldMapping
from importer.crm.schema import Operation
from importer.imports.models import Import, Part
from importer.mapping.fitness import MAX_FIELDS

SHORTEST = 50  # characters of a field that can hold a mark


def mark(part: Part) -> str:
    """Stands for the part, in a few words that people can read."""
    return f"import {part.run.for_import_id.hex[:10]}, part {part.run_id}.{part.number}"


def mark_field(import_: Import) -> str | None:
    """The field that takes the mark: the connection's, where the module has such a field free."""
    chosen = import_.connection.mark_field if import_.connection else ""
    mapped = import_.mapping.fields
    if not chosen or chosen in mapped or len(mapped) >= MAX_FIELDS:
        return None
    field = next((f for f in import_.destination().fields if f.api_name == chosen), None)
    if field is None or field.data_type != "text" or field.unique:
        return None
    holds_it = field.length is None or field.length >= SHORTEST
    fits = holds_it and field.writable(Operation(import_.operation))
    return chosen if fits and not field.options else None


def mapping(part: Part, import_: Import) -> tuple[FieldMapping, ...]:
    """What has the job write the mark, if one can be written; no column of the CSV does."""
    field = mark_field(import_)
    return (FieldMapping(field, default=mark(part)),) if field else ()
