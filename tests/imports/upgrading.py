"""An installation from before runs had a life of their own is upgraded, and then goes on.

Its imports are made by today's code and then shaped as that version left them. The last line that
`python -m tests.with_django tests.imports.upgrading DOMAIN` prints is JSON: what there is to see
of each afterwards.
"""

import json
import sys
from pathlib import Path
from typing import Any

import polars as pl
from django.conf import settings
from django.core.management import call_command
from django.db import connection as database
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.urls import reverse

from importer.imports import files
from importer.imports.advance import drive
from importer.imports.models import Import, Part
from importer.imports.running import undoing
from importer.teams.connecting import connect_practice, greet
from importer.teams.models import Team, User
from tests.faults.dying import hurry
from tests.office import bring_to, confirmed, finished, leads_csv

BEFORE = [("imports", "0003_uploads"), ("teams", "0001_initial")]
PART_ROWS = 2
PLAIN = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # none collected
PAGES = ("file", "columns", "check", "progress", "result")
REPORTS = (files.PROBLEMS_XLSX, files.OUTCOMES_CSV)


def make(domain: str) -> dict[str, Import]:
    """Imports by what they are at; each is of leads in a domain of its own."""
    team = Team.objects.create(name="Sales")
    ana = User.objects.create_user("ana", team=team)
    connection = connect_practice(team)
    greet(connection)

    def file(name: str, bad: int = 0) -> bytes:
        return leads_csv(f"{name}.{domain}", 5, bad=bad)

    running = confirmed(connection, ana, file("running"))
    bring_to(running, Part.State.COLLECTED)  # the first part alone
    return {
        "queued": confirmed(connection, ana, file("queued", bad=1)),
        "running": running,
        "ended": finished(connection, ana, file("ended", bad=1)),
    }


def go_back(imports: dict[str, Import]) -> None:
    """As that version had it: no run before parts are cut, and no word of reversals."""
    imports["queued"].runs.all().delete()
    for import_ in imports.values():
        folder = Path(import_.files.address(files.SOURCE)).parent
        for ledger in folder.glob("*ledger.parquet"):
            known = pl.read_parquet(ledger).drop("reversal", "reversal_detail")
            known.write_parquet(ledger)
        import_.refresh_from_db()
        import_.check_json.pop("clears")
        if import_.balance_json:
            import_.balance_json.pop("reversed")
        import_.save(update_fields=["check_json", "balance_json"])
    MigrationExecutor(database).migrate(BEFORE)


def upgrade() -> None:
    """As `manage.py migrate`."""
    executor = MigrationExecutor(database)
    executor.migrate(executor.loader.graph.leaf_nodes())


def go_on(import_: Import, client: Client) -> dict[str, Any]:
    """Do what is left to do of it, and tell what a person sees then."""
    import_.refresh_from_db()
    taken_up = list(import_.runs.values_list("kind", "state"))
    if import_.is_open:
        drive(import_)
    pages = {page: client.get(reverse(f"imports:{page}", args=[import_.pk])) for page in PAGES}
    reports = {
        name: b"".join(client.get(reverse("imports:report", args=[import_.pk, name])))
        for name in REPORTS
    }
    return {
        "taken_up": taken_up,
        "runs": list(import_.runs.values_list("kind", "state")),
        "state": import_.state,
        "counts": {name: rows for name, rows in import_.balance_json.items() if rows},
        "pages": {page: answer.status_code for page, answer in pages.items()},
        "rows_reported": reports[files.OUTCOMES_CSV].count(b"\r\n") - 1,
        "is_xlsx": reports[files.PROBLEMS_XLSX].startswith(b"PK"),
        "can_be_undone": undoing.until(import_) is not None,
    }


def main(domain: str) -> None:
    hurry()
    settings.PART_ROWS = PART_ROWS
    settings.STORAGES["staticfiles"] = PLAIN
    call_command("migrate", verbosity=0)
    imports = make(domain)
    go_back(imports)
    upgrade()
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(username="ana"))
    print(json.dumps({name: go_on(import_, client) for name, import_ in imports.items()}))


if __name__ == "__main__":
    main(sys.argv[1])
