"""Connecting a team to a CRM: the practice CRM on first use, Zoho through a form."""

import pytest
from django.urls import reverse

from importer.audit.models import Event
from importer.crm.errors import CrmError, CrmRefused
from importer.crm.hosts import DATA_CENTRES, DataCentre, one_host
from importer.teams import connecting
from importer.teams.connecting import connect_practice
from importer.teams.models import Connection

FORM = {
    "name": "Zoho production",
    "data_centre": "eu",
    "edition": "production",
    "api_version": "v7",
    "client_id": "1000.PRACTICE",
    "client_secret": "practice-secret",
    "grant_code": "1000.practice.code",
}
CONNECT = "teams:connect"


@pytest.fixture
def zoho_europe(practice_settings, monkeypatch):
    """The practice CRM plays Zoho's European data centre."""
    centre = DataCentre("Europe", one_host(practice_settings))
    monkeypatch.setitem(DATA_CENTRES, "eu", centre)


def test_practice_connection_is_made_once(team, practice_settings):
    first = connect_practice(team)

    assert connect_practice(team) == first
    assert Connection.objects.count() == 1
    assert Event.objects.filter(kind="connected").count() == 1


def test_practice_connection_serves_at_once(team, practice_settings):
    with connect_practice(team).client() as crm:
        assert crm.organisation().zgid == "808232144"


def test_practice_connection_follows_a_changed_address(team, practice_settings, settings):
    settings.PRACTICE_CRM_URL = "http://127.0.0.1:1"
    old = connect_practice(team)
    Connection.objects.filter(pk=old.pk).update(access_token="of-another-server")

    settings.PRACTICE_CRM_URL = practice_settings
    moved = connect_practice(team)

    assert moved.pk == old.pk
    kept = Connection.objects.get(pk=old.pk)
    assert (kept.api_url, kept.upload_url) == (practice_settings, practice_settings)
    assert kept.access_token == ""
    with moved.client() as crm:
        assert crm.organisation().zgid


def test_practice_connections_of_two_teams_are_two(team, strangers, practice_settings):
    assert connect_practice(team) != connect_practice(strangers)


def test_connection_form_connects_and_greets(client, boss, zoho_europe):
    client.force_login(boss)

    answer = client.post(reverse(CONNECT), FORM, follow=True)

    assert "“Zoho production” is connected." in answer.content.decode()
    made = Connection.objects.get()
    assert (made.team, made.created_by) == (boss.team, boss)
    assert made.organisation["zgid"] == "808232144"
    assert made.refresh_token not in ("", FORM["grant_code"])


def test_connection_form_leaves_no_secret_in_the_story_or_the_page(client, boss, zoho_europe):
    client.force_login(boss)

    page = client.post(reverse(CONNECT), FORM, follow=True).content.decode()

    made = Connection.objects.get()
    told = page + "".join(str(event.detail) for event in Event.objects.all())
    secrets = [made.refresh_token, made.access_token, made.client_secret, FORM["grant_code"]]
    assert all(secrets)
    assert not [secret for secret in secrets if secret in told]


@pytest.mark.parametrize("method", ["get", "post"])
def test_connection_form_refuses_who_does_not_manage_the_team(client, ana, zoho_europe, method):
    client.force_login(ana)

    answer = getattr(client, method)(reverse(CONNECT), FORM)

    assert answer.status_code == 403
    assert not Connection.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"grant_code": "1000.old"}, "Zoho did not accept this"),
        ({"client_secret": "wrong"}, "Zoho did not accept this"),
        ({"name": " "}, "This field is required"),
        ({"data_centre": "moon"}, "Select a valid choice"),
    ],
)
def test_connection_form_says_what_was_not_accepted(client, boss, zoho_europe, wrong, told):
    client.force_login(boss)

    answer = client.post(reverse(CONNECT), FORM | wrong)

    assert answer.status_code == 200
    assert told in answer.content.decode()
    assert not Connection.objects.exists()


def test_connection_form_refuses_a_name_that_is_taken(client, boss, zoho_europe, connection):
    client.force_login(boss)

    answer = client.post(reverse(CONNECT), FORM | {"name": connection.name})

    assert "This name is taken" in answer.content.decode()
    assert Connection.objects.get() == connection


def test_connection_whose_crm_does_not_greet_is_not_kept(team, boss, zoho_europe, monkeypatch):
    def no_greeting(connection: Connection) -> None:
        raise CrmError("no organisation")

    monkeypatch.setattr(connecting, "greet", no_greeting)

    with pytest.raises(CrmError):
        connecting.connect(team, boss, FORM)

    assert not Connection.objects.exists()


def test_connections_page_shows_the_teams_own(client, ana, connection, strange_connection):
    Connection.objects.filter(pk=connection.pk).update(name="Ours")
    Connection.objects.filter(pk=strange_connection.pk).update(name="Theirs")
    client.force_login(ana)

    page = client.get(reverse("teams:connections")).content.decode()

    assert "Ours" in page
    assert "Theirs" not in page


ACCESS = {
    "client_id": "1000.PRACTICE",
    "client_secret": "practice-secret",
    "grant_code": "1000.practice.code",
}


def test_connection_gets_new_access_and_keeps_its_organisation(connection, boss):
    Connection.objects.update(refresh_token="revoked", access_token="")
    connection.refresh_from_db()
    known = connection.organisation

    connecting.connect_again(connection, boss, ACCESS)

    connection.refresh_from_db()
    assert connection.refresh_token not in ("", "revoked")
    assert connection.organisation == known


def test_connection_is_not_moved_to_another_organisation(connection, boss):
    connection.organisation = connection.organisation | {"zgid": "111"}
    connection.save()

    with pytest.raises(CrmRefused, match="another organisation"):
        connecting.connect_again(connection, boss, ACCESS)

    connection.refresh_from_db()
    assert connection.organisation["zgid"] == "111"
