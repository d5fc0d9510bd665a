"""Fixtures: two teams, their people, their connections to a practice CRM that runs.

A conftest is read before Django is set up, so nothing here imports a model before it is needed.
"""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import stamina
from django.apps import apps

from importer.crm import wire
from tests.line import Line
from tests.practice.caller import Caller
from tests.practice_server import practice_crm
from tests.warm_readers import warm_readers

__all__ = [
    "ana",
    "boss",
    "connection",
    "crm",
    "domain",
    "line",
    "no_pauses",
    "one_try",
    "onlooker",
    "practice_address",
    "practice_settings",
    "strange_connection",
    "stranger",
    "strangers",
    "team",
    "warm_readers",
]
OF_A_TOKEN = ("access_token", "access_token_expires_at")
OF_A_CONNECTION = ("organisation", *OF_A_TOKEN)
OF_METADATA = ("module", "data", "fingerprint", "fetched_at", "due_at")
LEARNT: dict[str, Any] = {}  # asked once for all tests
NEVER_EMPTY = 10_000_000  # credits a day


@pytest.fixture(scope="session")
def practice_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data_dir = tmp_path_factory.mktemp("practice")
    with practice_crm(data_dir, credits=NEVER_EMPTY) as address:
        yield address


@pytest.fixture
def practice_settings(practice_address: str, settings) -> str:
    """The product finds the running practice CRM where its settings say."""
    settings.PRACTICE_CRM_URL = practice_address
    return practice_address


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    """The line to the CRM, for a test to cut."""
    from importer.teams.clients import CLIENTS

    CLIENTS.close_all()
    line = Line()
    connect = wire.connect
    monkeypatch.setattr(wire, "connect", lambda timeout_s, transport=None: connect(timeout_s, line))
    with stamina.set_testing(True, attempts=2, cap=True):
        yield line
    CLIENTS.close_all()


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch, settings) -> None:
    """Parts are looked at and tried again as in production, only sooner."""
    pauses = {
        "imports.running.waiting.FIRST_LOOK_S": 0.02,
        "imports.running.waiting.LONGEST_LOOK_S": 0.1,
        "imports.running.waiting.FIRST_RETRY_S": 0.02,
        "imports.running.waiting.LONGEST_RETRY_S": 0.05,
        "imports.running.turns.ASK_AGAIN_S": 0.02,
        "imports.running.settling.FIRST_LOOK_S": 0.02,
        "imports.running.settling.LONGEST_LOOK_S": 0.1,
        "imports.running.settling.STILL_S": 0.5,
        "imports.advance.IDLE_S": 0.02,
        "crm.session.PAUSE_S": 0.02,
        "crm.pace.SPREAD_S": 0.02,
    }
    for name, seconds in pauses.items():
        monkeypatch.setattr(f"importer.{name}", seconds)
    settings.SETTLE_S = 1.0


@pytest.fixture
def one_try() -> Iterator[None]:
    """A CRM that is down is found to be so at once."""
    with stamina.set_testing(True, attempts=1):
        yield


@dataclass(frozen=True)
class Crm:
    """The practice CRM as an onlooker sees it."""

    caller: Caller

    def leads(self, domain: str) -> dict[str, dict]:
        """The leads with an e-mail address in `domain`, by that; a to d and p1 to p40 are known."""
        names = [*"abcd", *(f"p{n}" for n in range(1, 41))]
        addresses = ", ".join(f"'{name}@{domain}'" for name in names)
        columns = "Email, Last_Name, Company, Lead_Source, Birth_Date, Annual_Revenue"
        found = self.caller.find(f"select {columns} from Leads where Email in ({addresses})")
        return {lead["Email"]: lead for lead in found}

    def jobs(self) -> set[str]:
        """The ids of the latest hundred jobs."""
        return set(re.findall(r'href="/jobs/(\d+)"', self.caller.http.get("/jobs").text))


@pytest.fixture(scope="session")
def onlooker(practice_address: str) -> Iterator[Caller]:
    """One for all tests: the practice CRM, like Zoho, gives few tokens."""
    caller = Caller(practice_address)
    yield caller
    caller.http.close()


@pytest.fixture
def crm(practice_settings: str, onlooker: Caller) -> Crm:
    return Crm(onlooker)


def new_person(name: str, team, **more):
    people = apps.get_model("teams", "User").objects
    return people.create_user(name, team=team, **more)


@pytest.fixture
def team(db):
    return apps.get_model("teams", "Team").objects.create(name="Sales")


@pytest.fixture
def ana(team):
    return new_person("ana", team)


@pytest.fixture
def boss(team):
    """Who manages the team."""
    return new_person("boss", team, manages_team=True, is_staff=True)


@pytest.fixture
def strangers(db):
    return apps.get_model("teams", "Team").objects.create(name="Strangers")


@pytest.fixture
def stranger(strangers):
    """Somebody of another team, who manages that."""
    return new_person("sven", strangers, manages_team=True, is_staff=True)


def connected(team):
    """The team's connection to the practice CRM, with all that a first import would learn."""
    from importer.teams import connecting, metadata

    connection = connecting.connect_practice(team)
    if not LEARNT:
        connecting.greet(connection)
        metadata.modules(connection)
        metadata.module(connection, "Leads")
        connection.refresh_from_db()
        LEARNT["itself"] = {name: getattr(connection, name) for name in OF_A_CONNECTION}
        LEARNT["metadata"] = list(connection.metadata.values(*OF_METADATA))
    for name, value in LEARNT["itself"].items():
        setattr(connection, name, value)
    connection.save()
    for kept in LEARNT["metadata"]:
        connection.metadata.update_or_create(module=kept["module"], defaults=kept)
    return connection


@pytest.fixture
def connection(team, practice_settings: str):
    connection = connected(team)
    yield connection
    for token in type(connection).objects.filter(pk=connection.pk).values(*OF_A_TOKEN):
        LEARNT["itself"] |= token  # it may have been renewed


@pytest.fixture
def strange_connection(strangers, practice_settings: str):
    return connected(strangers)


@pytest.fixture
def domain() -> str:
    """A domain for e-mail addresses that no other test uses."""
    return f"{uuid.uuid4().hex[:10]}.example.com"
