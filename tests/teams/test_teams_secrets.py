"""What must not be read in the database is not, and keys can be changed."""

import pytest
from cryptography.fernet import Fernet, InvalidToken
from django.db import connection as database

from importer.teams import secrets
from importer.teams.models import Connection

SECRETS = {
    "client_secret": "the-client-secret",
    "refresh_token": "1000.the-refresh-token",
    "access_token": "1000.the-access-token",
}


@pytest.fixture
def keys(settings):
    """Sets the installation's keys, as a restart with another environment does."""

    def use(*chosen: bytes) -> None:
        settings.ENCRYPTION_KEYS = [key.decode() for key in chosen]
        secrets._cipher.cache_clear()

    yield use
    secrets._cipher.cache_clear()


@pytest.fixture
def kept(team, keys) -> Connection:
    return Connection.objects.create(team=team, name="Zoho", client_id="1000.ID", **SECRETS)


def stored(connection: Connection, column: str) -> str:
    with database.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM teams_connection WHERE id = %s", [connection.pk])
        return cursor.fetchone()[0]


@pytest.mark.parametrize("column", SECRETS)
def test_secret_is_ciphertext_in_the_database(kept, column):
    assert SECRETS[column] not in stored(kept, column)
    assert getattr(Connection.objects.get(pk=kept.pk), column) == SECRETS[column]


def test_secret_that_is_empty_stays_empty(team):
    connection = Connection.objects.create(team=team, name="Zoho", refresh_token="r")

    assert stored(connection, "access_token") == ""
    assert Connection.objects.get(pk=connection.pk).access_token == ""


@pytest.mark.parametrize("column", SECRETS)
def test_secret_is_written_by_updates_as_ciphertext_too(kept, column):
    Connection.objects.filter(pk=kept.pk).update(**{column: "a-new-secret"})

    assert "a-new-secret" not in stored(kept, column)
    assert getattr(Connection.objects.get(pk=kept.pk), column) == "a-new-secret"


def test_secret_is_read_with_an_old_key_and_written_with_the_first(team, keys):
    old, new = Fernet.generate_key(), Fernet.generate_key()
    keys(old)
    connection = Connection.objects.create(team=team, name="Zoho", **SECRETS)

    keys(new, old)
    connection = Connection.objects.get(pk=connection.pk)
    assert connection.refresh_token == SECRETS["refresh_token"]
    connection.save()

    keys(new)
    assert Connection.objects.get(pk=connection.pk).refresh_token == SECRETS["refresh_token"]


def test_secret_of_a_key_that_is_gone_is_not_readable(team, keys):
    keys(Fernet.generate_key())
    connection = Connection.objects.create(team=team, name="Zoho", **SECRETS)
    keys(Fernet.generate_key())

    with pytest.raises(InvalidToken):
        Connection.objects.get(pk=connection.pk)


@pytest.mark.parametrize("told", [repr, str])
def test_secret_is_not_told_with_the_connection(kept, told):
    with kept.client() as crm:
        text = told(kept) + told(crm)

    assert not [secret for secret in SECRETS.values() if secret in text]
