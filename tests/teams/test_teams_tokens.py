"""One access token for all processes, renewed by one of them."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError
from django.db import connection as database
from django.utils import timezone

from importer.crm.client import Credentials
from importer.crm.deadline import within
from importer.crm.errors import CrmUnauthorised, CrmUnavailable
from importer.crm.tokens import AccessToken
from importer.teams import connecting, tokens
from importer.teams.models import Connection

pytestmark = pytest.mark.alone


@pytest.fixture
def row(team) -> Connection:
    return Connection.objects.create(team=team, name="Zoho", refresh_token="r")


class Accounts:
    """Gives out token-1, token-2 and so on, slowly enough for all to ask meanwhile."""

    def __init__(self) -> None:
        self.given = 0
        self._lock = threading.Lock()

    def __call__(self) -> AccessToken:
        with self._lock:
            self.given += 1
            number = self.given
        time.sleep(0.05)
        return token(f"token-{number}")


def token(value: str, minutes: int = 60) -> AccessToken:
    return AccessToken(value, datetime.now(UTC) + timedelta(minutes=minutes))


def test_token_is_shared_through_the_database(row):
    renewed = row.tokens.renew(None, Accounts())

    assert Connection.objects.get(pk=row.pk).tokens.current() == renewed
    assert renewed.value == "token-1"


def test_token_of_a_new_connection_is_none(row):
    assert row.tokens.current() is None


@pytest.mark.django_db(transaction=True)
def test_token_is_fetched_once_for_eight_threads(row, monkeypatch):
    monkeypatch.setattr(tokens, "LOOK_AGAIN_S", 0.01)
    accounts = Accounts()
    stale = token("stale", minutes=-1)
    Connection.objects.filter(pk=row.pk).update(
        access_token=stale.value, access_token_expires_at=stale.expires_at
    )

    def renew(_: int) -> str:
        try:
            own = Connection.objects.get(pk=row.pk)
            return own.tokens.renew(stale, accounts).value
        finally:
            database.close()

    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(renew, range(8)))

    assert seen == ["token-1"] * 8
    assert accounts.given == 1


def test_token_that_another_has_renewed_is_taken(row):
    accounts = Accounts()
    first = row.tokens.renew(None, accounts)

    assert row.tokens.renew(token("stale"), accounts) == first
    assert accounts.given == 1


def test_token_that_was_refused_is_renewed_although_it_looks_fresh(row):
    accounts = Accounts()
    first = row.tokens.renew(None, accounts)

    assert row.tokens.renew(first, accounts).value == "token-2"


def test_token_can_be_renewed_again_after_the_crm_refused(row):
    def refused() -> AccessToken:
        raise CrmUnauthorised("invalid_code")

    with pytest.raises(CrmUnauthorised):
        row.tokens.renew(None, refused)

    assert row.tokens.renew(None, Accounts()).value == "token-1"


def test_token_renewal_of_a_killed_process_is_taken_over(row):
    our_claim_runs_out(row)

    assert row.tokens.renew(None, Accounts()).value == "token-1"


def test_token_renewal_that_never_ends_is_not_waited_for_for_ever(row, monkeypatch):
    monkeypatch.setattr(tokens, "PATIENCE_S", 0.05)
    monkeypatch.setattr(tokens, "LOOK_AGAIN_S", 0.01)
    future = datetime.now(UTC) + timedelta(hours=1)
    Connection.objects.filter(pk=row.pk).update(renewing_until=future)
    accounts = Accounts()

    with pytest.raises(CrmUnavailable):
        row.tokens.renew(None, accounts)

    assert accounts.given == 0


def test_token_is_waited_for_no_longer_than_a_person_waits(row, monkeypatch):
    monkeypatch.setattr(tokens, "LOOK_AGAIN_S", 0.01)
    Connection.objects.filter(pk=row.pk).update(renewing_until=timezone.now() + tokens.CLAIM)

    with pytest.raises(CrmUnavailable), within(0.05):
        row.tokens.renew(None, Accounts())


def test_token_of_whoever_took_over_is_used_instead_of_ones_own(row):
    accounts = Accounts()

    def sleeps_too_long() -> AccessToken:
        our_claim_runs_out(row)
        row.tokens.renew(None, accounts)  # the successor
        return token("too-late")

    assert row.tokens.renew(None, sleeps_too_long).value == "token-1"
    assert row.tokens.current().value == "token-1"


def test_token_claim_of_a_successor_is_left_to_it(row, monkeypatch):
    monkeypatch.setattr(tokens, "PATIENCE_S", 0.05)
    claim = timezone.now() + timedelta(hours=1)

    def sleeps_too_long() -> AccessToken:
        Connection.objects.filter(pk=row.pk).update(renewing_until=claim)
        return token("too-late")

    with pytest.raises(CrmUnavailable):
        row.tokens.renew(None, sleeps_too_long)
    row.refresh_from_db()
    assert (row.renewing_until, row.access_token) == (claim, "")


def test_token_of_credentials_that_were_changed_meanwhile_is_not_kept(row):
    asked = []

    def fetch() -> AccessToken:
        asked.append(1)
        if len(asked) == 1:
            connecting.change_access(row, {"refresh_token": "another"}, {})
        return token(f"token-{len(asked)}")

    assert row.tokens.renew(None, fetch).value == "token-2"
    assert row.tokens.current().value == "token-2"


@pytest.mark.parametrize(
    "ask", [lambda store: store.current(), lambda store: store.renew(None, Accounts())]
)
def test_database_that_does_not_answer_is_worth_another_try(row, ask):
    store = row.tokens

    with pytest.raises(CrmUnavailable, match="our own database"), database.execute_wrapper(locked):
        ask(store)


def test_credentials_are_those_that_the_connection_has_now(row):
    credentials = tokens.DatabaseCredentials(Connection.objects.filter(pk=row.pk))

    Connection.objects.filter(pk=row.pk).update(client_id="1000.ID", refresh_token="new")

    assert credentials.current() == Credentials("1000.ID", "", "new")


def our_claim_runs_out(row: Connection) -> None:
    past = timezone.now() - timedelta(seconds=1)
    Connection.objects.filter(pk=row.pk).update(renewing_until=past)


def locked(*_: object) -> None:
    """Stands before the database, as when somebody else keeps it locked."""
    raise OperationalError("database is locked")
