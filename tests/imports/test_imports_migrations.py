"""The database has what the models say, and an upgrade takes along what was there."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests.journey.stacks import database
from tests.practice.caller import Caller
from tests.practice_server import ROOT

DATABASES = ["SQLite", pytest.param("PostgreSQL", marks=pytest.mark.services)]
DOMAIN = "{}.before.example.com"


@pytest.fixture(scope="module", params=DATABASES)
def upgraded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, practice_address: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The domain of their leads, and what has become of imports that an earlier version began."""
    data_dir: Path = tmp_path_factory.mktemp("upgraded")
    domain = DOMAIN.format(request.param.lower())
    with ExitStack() as held:
        url = f"sqlite:///{data_dir / 'importer.sqlite3'}"
        if request.param == "PostgreSQL":
            url = held.enter_context(database())
        settings = {
            "DATA_DIR": str(data_dir),
            "DATABASE_URL": url,
            "PRACTICE_CRM_URL": practice_address,
        }
        command = [sys.executable, "-m", "tests.with_django", "tests.imports.upgrading", domain]
        done = subprocess.run(
            command, cwd=ROOT, env=os.environ | settings, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        yield domain, json.loads(done.stdout.splitlines()[-1])


def leads(onlooker: Caller, domain: str) -> list[str]:
    names = ", ".join(f"'p{n}@{domain}'" for n in range(1, 6))
    return sorted(
        lead["Email"] for lead in onlooker.find(f"select Email from Leads where Email in ({names})")
    )


def test_migrations_are_complete(db, capsys):
    call_command("makemigrations", "--check", "--dry-run")

    assert "No changes detected" in capsys.readouterr().out


def test_import_that_was_queued_before_an_upgrade_runs_to_its_end(upgraded, onlooker):
    domain, told = upgraded
    queued = told["queued"]

    assert queued["taken_up"] == [["main", "queued"]]
    assert queued["runs"] == [["main", "ended"]]
    assert queued["counts"] == {"rows": 5, "created": 4, "held_back": 1}
    assert leads(onlooker, f"queued.{domain}") == [f"p{n}@queued.{domain}" for n in range(1, 5)]


def test_import_that_was_sent_in_part_before_an_upgrade_sends_the_rest(upgraded, onlooker):
    domain, told = upgraded
    running = told["running"]

    assert running["taken_up"] == [["main", "running"]]
    assert running["runs"] == [["main", "ended"]]
    assert running["state"] == "done"
    assert running["counts"] == {"rows": 5, "created": 5}
    assert leads(onlooker, f"running.{domain}") == [f"p{n}@running.{domain}" for n in range(1, 6)]


def test_import_that_had_ended_before_an_upgrade_opens_as_before(upgraded):
    _, told = upgraded
    ended = told["ended"]

    assert ended["taken_up"] == [["main", "ended"]]
    assert ended["counts"] == {"rows": 5, "created": 4, "held_back": 1}


@pytest.mark.parametrize("name", ["queued", "running", "ended"])
def test_pages_and_reports_of_an_import_from_before_an_upgrade_open(upgraded, name):
    _, told = upgraded
    it = told[name]

    assert set(it["pages"].values()) == {200}
    assert it["rows_reported"] == 5
    assert it["is_xlsx"]
    assert it["can_be_undone"]
