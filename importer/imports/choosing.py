"""What a person decides about a draft: every choice is saved and recorded at once."""

from dataclasses import asdict, replace
from typing import Any

from django.db import transaction
from django.db.models import F

from importer.audit.models import record
from importer.crm.schema import Module, Operation
from importer.import_templates.models import ImportTemplate
from importer.imports.models import Import
from importer.mapping import fitting, missing_fields, suggest
from importer.mapping.model import ColumnMapping, Mapping
from importer.sheets.table import Choice
from importer.teams.models import Connection, User


class NotADraft(Exception):
    """The import has been confirmed; its choices stand."""


@transaction.atomic
def choose_reading(import_: Import, user: User | None, choice: Choice) -> None:
    """Read the file again, this way."""
    _set_work(import_, Import.Work.READ, choice_json=asdict(choice), table_json=None, rows_read=0)
    chosen = {name: value for name, value in asdict(choice).items() if value is not None}
    record("reading_chosen", import_, user, **chosen)


@transaction.atomic
def choose_destination(
    import_: Import,
    user: User | None,
    connection: Connection,
    module: Module,
    operation: Operation,
    find_by: str,
) -> None:
    """Where the rows go and what happens there; a new module gets a new suggested mapping."""
    chosen: dict[str, Any] = {
        "connection": connection,
        "module": module.api_name,
        "operation": operation,
        "find_by": find_by,
    }
    same_module = (import_.connection_id, import_.module) == (connection.pk, module.api_name)
    if not same_module or not import_.mapping_json:
        chosen["mapping_json"] = suggested_mapping(import_, module, operation, find_by).to_json()
    _save(import_, **chosen)
    facts = {"connection": connection.name, "module": module.api_name}
    record("destination_chosen", import_, user, operation=operation, find_by=find_by, **facts)


def suggested_mapping(
    import_: Import, module: Module, operation: Operation, find_by: str
) -> Mapping:
    """Each column with the field that its header names."""
    headers = import_.table.headers if import_.table else ()
    suggestions = suggest(headers, module, operation, find_by)
    return Mapping(tuple(ColumnMapping(c, s.field) for c, s in suggestions.items()))


@transaction.atomic
def choose_mapping(import_: Import, user: User | None, mapping: Mapping) -> None:
    """Which column fills which field; answers given for columns that stay as they are, stay."""
    if mapping.to_json() == import_.mapping_json:
        return
    _save(import_, mapping_json=mapping.to_json())
    facts = {
        "columns": {c.column: c.field for c in mapping.columns},
        "fixed": [f.field for f in mapping.fixed],
        "clears": [c.field for c in mapping.columns if c.erases],
    }
    record("mapping_chosen", import_, user, **facts)


def ask(import_: Import) -> None:
    """Have a worker look for what only a person can answer."""
    if import_.table_json and not import_.is_asked:
        _set_work(import_, Import.Work.ASK)


def check(import_: Import) -> None:
    """Have a worker check every row."""
    if import_.table_json and not import_.is_checked:
        _set_work(import_, Import.Work.CHECK)


def check_again(import_: Import) -> None:
    """Have every row checked, even if nothing here has changed: the CRM's fields may have."""
    if import_.table_json:
        _set_work(import_, Import.Work.CHECK, metadata_version="")  # what was checked, is void


@transaction.atomic
def answer(import_: Import, user: User | None, mapping: Mapping) -> None:
    """Save what the person answered about the columns' values."""
    _save(import_, mapping_json=mapping.to_json())
    unanswered = mapping.without_answers().columns
    answered = [c.column for c in mapping.columns if c not in unanswered]
    record("answered", import_, user, columns=answered, repeats=mapping.repeats)


def what_does_not_fit(import_: Import, module: Module | None = None) -> list[str]:
    """What keeps the mapping from being used, with `module` if the CRM has changed it meanwhile."""
    if not import_.connection or not import_.module or not import_.table:
        return []
    module = module or import_.destination()
    operation = Operation(import_.operation)
    mapping = import_.mapping
    needed = (
        f"{field.label} must have a value in every new record. "
        "Match a column to it, or give it a fixed value."
        for field in missing_fields(mapping, module, operation)
    )
    headers = import_.table.headers
    return [*fitting(mapping, headers, module, operation, import_.find_by or None), *needed]


@transaction.atomic
def apply_template(import_: Import, user: User | None, template: ImportTemplate) -> None:
    """Decide everything as `template` says, for the columns that this file has."""
    headers = set(import_.table.headers) if import_.table else set()
    kept = tuple(c for c in template.mapping.columns if c.column in headers)
    _save(
        import_,
        connection=template.connection,
        module=template.module,
        operation=template.operation,
        find_by=template.find_by,
        mapping_json=replace(template.mapping, columns=kept).to_json(),
    )
    record("template_applied", import_, user, template=template.name, columns=len(kept))


@transaction.atomic
def save_template(import_: Import, user: User | None, name: str) -> ImportTemplate:
    """Keep this import's choices under `name` for the team; a template of that name is replaced."""
    if import_.connection is None or import_.table is None:
        raise ValueError(f"{import_} has no choices to keep yet")
    template, made = ImportTemplate.objects.update_or_create(
        team=import_.team,
        name=name,
        defaults={
            "connection": import_.connection,
            "module": import_.module,
            "operation": import_.operation,
            "find_by": import_.find_by,
            "mapping_json": import_.mapping.to_json(),
            "headers": sorted(import_.table.headers),
            "created_by": user,
        },
    )
    record("saved" if made else "replaced", template, user, name=name)
    record("template_saved", import_, user, template=name)
    return template


def _set_work(import_: Import, work: Import.Work, **fields: Any) -> None:
    _save(import_, work=work, work_number=F("work_number") + 1, tries=0, **fields)


def _save(import_: Import, **fields: Any) -> None:
    draft = Import.objects.filter(pk=import_.pk, state=Import.State.DRAFT)
    if not draft.update(**{"work_error": ""} | fields):
        raise NotADraft("This import has been confirmed; its choices can no longer be changed.")
    import_.refresh_from_db()
