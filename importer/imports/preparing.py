"""What a worker does while nothing is sent: read the file, look for questions, check the rows."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import cattrs

from importer import bulk, checks, sheets
from importer.audit.models import record
from importer.bulk import InvalidCorrections
from importer.crm import schema
from importer.crm.errors import CrmError, CrmRefused
from importer.crm.schema import Module, Operation
from importer.imports import files, reading_limits
from importer.imports.choosing import what_does_not_fit
from importer.imports.models import Import
from importer.imports.running import rechecking, undoing
from importer.imports.running.starting import clearing
from importer.mapping import InvalidMapping
from importer.sheets import Inspection, UnreadableFile
from importer.teams import connecting, metadata

TOLD_EVERY_S = 0.5


class Superseded(Exception):
    """A person has decided otherwise while the worker was at it."""


def prepare(import_: Import) -> None:
    """Do the work that the import waits for, under our lease; what stops it is kept for people."""
    before = import_.table_file, import_.checked_for
    try:
        done = WORK[Import.Work(import_.work)](import_)
    except Superseded:
        return
    except UnreadableFile as error:
        record("unreadable", import_, reason=str(error))
        done = {"work_error": str(error)}
    except (InvalidCorrections, InvalidMapping) as error:
        done = {"work_error": str(error)}
    except CrmError as error:
        done = {"work_error": f"The CRM could not be asked: {error.message}."}
    if import_.finish_work(**done):
        _forget(import_, *before)


def _read(import_: Import) -> dict[str, Any]:
    name = files.table(import_.work_number)
    with import_.files.read(files.SOURCE) as source, import_.files.write(name) as target:
        table = sheets.read(
            source,
            import_.choice,
            target,
            limits=reading_limits.limits(),
            bounds=reading_limits.bounds(),
            on_inspection=partial(_show, import_),
            on_rows=_Progress(import_).tell,
        )
    record("read", import_, rows=table.rows, columns=len(table.columns))
    return {"table_json": cattrs.unstructure(table), "table_file": name}


def _show(import_: Import, inspection: Inspection) -> None:
    """Let the person see the first rows while the others are still read."""
    found = {"inspection_json": cattrs.unstructure(inspection)}
    if not import_.note(inspected_for=import_.work_number, **found):
        raise Superseded


class _Progress:
    """Tells now and then how many rows have been read."""

    def __init__(self, import_: Import) -> None:
        self._import = import_
        self._due = 0.0  # on the monotonic clock

    def tell(self, rows: int) -> None:
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + TOLD_EVERY_S
        if not self._import.note(rows_read=rows):
            raise Superseded


def _ask(import_: Import) -> dict[str, Any]:
    module = _module(import_)
    with import_.files.read(import_.table_file) as table:
        questions = checks.ask(
            table,
            import_.mapping,
            module,
            Operation(import_.operation),
            import_.find_by or None,
        )
    return {
        "questions_json": cattrs.unstructure(questions),
        "questions_for": import_.question_key,
        "metadata_version": import_.metadata_version,
    }


def _check(import_: Import) -> dict[str, Any]:
    module = _module(import_)
    key = import_.plan_key
    organisation = import_.organisation
    with (
        import_.files.read(import_.table_file) as table,
        import_.files.write(files.checked(key)) as checked,
        import_.files.write(files.problems(key)) as problems,
    ):
        summary = checks.check(
            table,
            import_.mapping,
            module,
            Operation(import_.operation),
            import_.find_by or None,
            organisation.time_zone if organisation else "UTC",
            checked,
            problems,
        )
    facts = {"rows": summary.rows, "ready": summary.ready, "held_back": summary.held_back}
    record("checked", import_, **facts)
    return {
        "check_json": cattrs.unstructure(summary),
        "groups_json": _groups(import_, key),
        "checked_for": key,
        "metadata_version": import_.metadata_version,
        "module_json": schema.to_json(module),
    }


def _groups(import_: Import, key: str) -> list[Any] | None:
    """How the rows that clear fields must be grouped; None where no row does."""
    fields = clearing(import_)
    if not fields:
        return None
    with import_.files.read(files.checked(key)) as checked:
        groups: list[Any] = cattrs.unstructure(list(bulk.groups_of(checked, clearing=fields)))
    return groups


def _module(import_: Import) -> Module:
    """The destination's fields as the CRM tells them; the import notes their version."""
    if import_.connection is None:
        raise CrmRefused("no connection was chosen")
    if not import_.connection.organisation:
        connecting.greet(import_.connection)  # the check needs the organisation's time zone
    module = import_.destination()
    wrong = what_does_not_fit(import_)
    if wrong:
        raise InvalidMapping(" ".join(wrong))
    import_.metadata_version = metadata.fingerprint(import_.connection, import_.module)
    return module


def _forget(import_: Import, table_file: str, checked_for: str) -> None:
    """Remove the files that new work has replaced."""
    import_.refresh_from_db(fields=["table_file", "checked_for"])
    if table_file and table_file != import_.table_file:
        import_.files.delete(table_file)
    if checked_for and checked_for != import_.checked_for:
        import_.files.delete(files.checked(checked_for))
        import_.files.delete(files.problems(checked_for))


WORK: dict[Import.Work, Callable[[Import], dict[str, Any]]] = {
    Import.Work.READ: _read,
    Import.Work.ASK: _ask,
    Import.Work.CHECK: _check,
    Import.Work.RECHECK: rechecking.recheck,
    Import.Work.LOOK_BACK: undoing.look_back,
}
