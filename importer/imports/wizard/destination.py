"""Step 2, Destination: where the rows go, and what happens to the records there."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect

from importer.crm.errors import CrmError
from importer.crm.schema import Module, ModuleSummary, Operation
from importer.imports import choosing
from importer.imports.models import Import
from importer.imports.wizard.forms import DestinationForm
from importer.imports.wizard.frame import show, wizard_step
from importer.imports.wizard.steps import Step, step_url
from importer.mapping import suggest
from importer.teams import metadata
from importer.teams.models import Connection
from importer.teams.requests import TeamRequest

OPERATIONS = [
    (
        Operation.INSERT,
        "Add new",
        (
            "Every row becomes a new record. Choose a match field, and rows whose record exists "
            "already are skipped; records in the CRM are never changed."
        ),
    ),
    (
        Operation.UPDATE,
        "Update existing",
        (
            "Rows change the records that the match field finds. A row that finds none is "
            "skipped; nothing new is created."
        ),
    ),
    (
        Operation.UPSERT,
        "Add or update",
        (
            "Rows change the records that the match field finds; a row that finds none becomes "
            "a new record."
        ),
    ),
]


@wizard_step(Step.DESTINATION)
def destination(request: TeamRequest, import_: Import) -> HttpResponse:
    """The choice; a changed connection, module or operation redraws what depends on it."""
    connections = Connection.objects.visible_to(request.user)
    chosen = _chosen(request.POST or request.GET, import_)
    connection = connections.filter(pk=chosen["connection"]).first() or connections.first()
    if connection is None:
        return show(request, import_, Step.DESTINATION, {"form": None})
    chosen["connection"] = connection.pk
    if "modules" in request.POST:
        _fetch_again(connection, chosen["module"])
        messages.success(request, "The modules are as the CRM has them now.")
        return redirect(f"{step_url(import_, Step.DESTINATION)}?{urlencode(chosen)}")
    modules: tuple[ModuleSummary, ...] = ()
    module, name, problem = None, "", ""
    try:
        modules = metadata.modules(connection)
        names = [m.api_name for m in modules]
        name = chosen["module"] if chosen["module"] in names else next(iter(names), "")
        module = metadata.module(connection, name) if name else None
    except CrmError as error:
        problem = f"{connection} could not be asked: {error.message}. Choose another, or try later."
    chosen["module"] = name
    form = DestinationForm(
        request.POST or None,
        connections=connections,
        modules=modules,
        module=module,
        initial=chosen,
    )
    if module and form.is_valid():
        operation = Operation(form.cleaned_data["operation"])
        find_by = form.cleaned_data["find_by"]
        choosing.choose_destination(import_, request.user, connection, module, operation, find_by)
        return redirect(step_url(import_, Step.COLUMNS))
    context = {
        "form": form,
        "operations": OPERATIONS,
        "chosen": chosen,
        "problem": problem,
        "keys": _keys(import_, module, Operation(chosen["operation"])) if module else [],
    }
    return show(request, import_, Step.DESTINATION, context)


def _fetch_again(connection: Connection, module: str) -> None:
    """What the CRM has now: its modules, and the fields of the one that is chosen."""
    if module in [m.api_name for m in metadata.modules(connection, fresh=True)]:
        metadata.module(connection, module, fresh=True)


def _chosen(data: QueryDict, import_: Import) -> dict[str, Any]:
    """What is chosen so far: on the page, else as saved, else what most people want."""
    operation = data.get("operation") or import_.operation
    return {
        "connection": _number(data.get("connection")) or import_.connection_id,
        "module": data.get("module") or import_.module,
        "operation": operation if operation in list(Operation) else Operation.INSERT.value,
        "find_by": data.get("find_by", import_.find_by),
    }


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None


def _keys(import_: Import, module: Module, operation: Operation) -> list[dict[str, Any]]:
    """The fields that records can be found by, with the column that would fill each."""
    table = import_.table
    if table is None:
        return []
    columns = {s.field: c for c, s in suggest(table.headers, module, operation, "id").items()}
    columns |= {c.field: c.column for c in import_.mapping.columns}
    filled = {column.header: column.filled for column in table.columns}
    return [
        {
            "field": field,
            "column": columns.get(field.api_name),
            "filled": filled.get(columns.get(field.api_name, ""), 0),
            "rows": table.rows,
        }
        for field in module.key_fields
        if field.api_name != "id" or operation is not Operation.INSERT
    ]
