"""Runs within an installation's environment and does what it is told, a line of JSON at a time.

`["begin", seed]` gives the key of an import that is checked; `["confirm", {key: seed}]` leaves them
to the workers; `["states", [keys]]` tells where they are; `["act", key, deed]` does what a person
would; `["ledger", key]` tells what became of each row.
"""

import json
import os
import sys
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "importer.settings")
django.setup()

import polars as pl  # noqa: E402  # Django comes first

from importer.crm.schema import Operation  # noqa: E402
from importer.imports import files, tasks  # noqa: E402
from importer.imports.models import Import, Part  # noqa: E402
from importer.imports.running import pausing, starting  # noqa: E402
from importer.imports.running.starting import Terms  # noqa: E402
from importer.teams.models import Connection, User  # noqa: E402
from tests.faults.cases import case  # noqa: E402
from tests.faults.dying import hurry  # noqa: E402
from tests.office import checked  # noqa: E402


def begin(seed: int) -> str:
    """Upload and check the file of a case."""
    it = case(seed)
    ana = User.objects.get(username="ana")
    import_ = checked(_connection(seed), ana, it.csv, Operation(it.operation), it.find_by)
    return str(import_.pk)


def confirm(keys: dict[str, int]) -> None:
    """Confirm the imports, each as its case wants it, and leave them to the workers."""
    for key, seed in keys.items():
        import_ = Import.objects.get(pk=key)
        tried = starting.first_rows(import_, 2) if case(seed).act == "try first" else ()
        starting.start(import_, import_.created_by, starting.plan(import_).key, Terms(tried))
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
    """Where each import is, and why it is paused."""
    found = Import.objects.filter(pk__in=keys)
    return {str(i.pk): [i.state, i.paused_because] for i in found}


def act(key: str, deed: str) -> None:
    """What a person does on the import's page."""
    import_ = Import.objects.get(pk=key)
    getattr(pausing, deed)(import_, import_.created_by)
    tasks.nudge(import_)


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
        "reports": reports,
    }


DEEDS = {"begin": begin, "confirm": confirm, "states": states, "act": act, "ledger": ledger}

if __name__ == "__main__":
    hurry()
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        print("=>", json.dumps(DEEDS[name](*arguments)), flush=True)
