"""Runs within an installation's environment and does what it is told, a line of JSON at a time.

`["begin", seed]` gives the key of an import that is checked; `["confirm", {key: seed}]` leaves them
to the workers; `["states", [keys]]` tells where they are; `["act", key, deed]` does what a person
would, and `["afterwards", key, seed]` what they do once it has ended; `["ledger", key]` tells what
became of each row.
"""

import json
import sys
from typing import Any

import polars as pl

from importer.crm.errors import CrmError
from importer.crm.schema import Operation
from importer.imports import files, tasks
from importer.imports.models import Import, Part
from importer.imports.running import fixing, pausing, starting, undoing
from importer.imports.running.fixing import CannotFix
from importer.imports.running.starting import Terms
from importer.imports.running.undoing import CannotUndo
from importer.teams.models import Connection, User
from tests.faults.cases import Case, case
from tests.faults.dying import hurry
from tests.office import checked


def begin(seed: int) -> str:
    """Upload and check the file of a case."""
    it = case(seed)
    ana = User.objects.get(username="ana")
    import_ = checked(_connection(seed), ana, it.csv, Operation(it.operation), it.find_by)
    return str(import_.pk)


def confirm(keys: dict[str, int]) -> None:
    """Confirm the imports, each as its case wants it, and leave them to the workers."""
    for key, seed in keys.items():
        import_, it = Import.objects.get(pk=key), case(seed)
        tried = starting.first_rows(import_, 2) if it.act == "try first" else ()
        terms = Terms(tried, keeps_values=it.afterwards == "undo")
        starting.start(import_, import_.created_by, starting.plan(import_).key, terms)
        tasks.nudge(import_)


def _connection(seed: int) -> Connection:
    """One with the limits of the case; it shares its token with all others."""
    it = case(seed)
    connection = Connection.objects.filter(team__name="Sales").order_by("pk").first()
    known = list(
        connection.metadata.values("module", "data", "fingerprint", "fetched_at", "due_at")
    )
    connection.pk, connection.name = None, f"case {seed}"
    connection.part_rows, connection.parts_at_once = it.part_rows, it.parts_at_once
    connection.save(force_insert=True)
    for metadata in known:
        connection.metadata.create(**metadata)
    return connection


def states(keys: list[str]) -> dict[str, list[str]]:
    """Where each import is, and what a worker looks at for it."""
    found = Import.objects.filter(pk__in=keys)
    return {str(i.pk): [i.state, i.work] for i in found}


def act(key: str, deed: str) -> None:
    """What a person does on the import's page."""
    import_ = Import.objects.get(pk=key)
    getattr(pausing, deed)(import_, import_.created_by)
    tasks.nudge(import_)


def afterwards(key: str, seed: int) -> bool:
    """One step towards the undo or the retry of an import; whether there is no further one."""
    import_, it = Import.objects.get(pk=key), case(seed)
    try:
        is_confirmed = {"undo": _undo, "retry": _retry}[it.afterwards](import_, it)
    except (CannotUndo, CannotFix):
        return True
    except CrmError:
        return False  # to be tried again, as the page says
    tasks.nudge(import_)
    return is_confirmed


def _undo(import_: Import, it: Case) -> bool:
    run = undoing.draft(import_)
    if run is None or undoing.plan(run) is None:
        undoing.preview(import_, import_.created_by)
        return False
    undoing.confirm(import_, import_.created_by, run.pk)
    return True


def _retry(import_: Import, it: Case) -> bool:
    run = fixing.draft(import_)
    if run is None or not fixing.is_current(run):
        for row in it.rows:
            if row.is_bad:
                fixing.change(import_, import_.created_by, row.number, {"Email": row.email})
        fixing.ask(import_, import_.created_by)
        return False
    fixing.confirm(import_, import_.created_by, run.pk)
    return True


def ledger(key: str) -> dict[str, Any]:
    """The ledger's rows, the balance, the state, and the reports' text."""
    import_ = Import.objects.get(pk=key)
    with import_.files.read(files.LEDGER) as path:
        rows = pl.read_parquet(path).to_dicts()
    parts = Part.objects.of(import_.pk).values_list("state", "was_sent_again", "reason")
    reports = {
        name: import_.files.open(name).read().decode("utf-8-sig")
        for name in (files.PROBLEMS_CSV, files.OUTCOMES_CSV)
    }
    return {
        "rows": rows,
        "balance": import_.balance_json,
        "state": import_.state,
        "reason": import_.state_reason,
        "parts": list(parts),
        "runs": list(import_.runs.exclude(began_at=None).values_list("kind", flat=True)),
        "reports": reports,
    }


DEEDS = {deed.__name__: deed for deed in (begin, confirm, states, act, afterwards, ledger)}

if __name__ == "__main__":
    hurry()
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        print("=>", json.dumps(DEEDS[name](*arguments)), flush=True)
