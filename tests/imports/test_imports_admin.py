"""The admin pages: every import can be found and read, by the right people, and never touched."""

import pytest
from django.urls import reverse

from importer.audit.models import Event, record
from importer.imports.models import Import
from tests.office import finished, leads_csv, parts_of

IMPORTS = "/admin/imports/import/"
EVENTS = "/admin/audit/event/"


def kept(connection, user, name: str, state: Import.State, operation: str) -> Import:
    """An import that has ended, as the database has it."""
    import_ = Import.objects.create(
        team=connection.team,
        created_by=user,
        source_name=name,
        source_bytes=1,
        connection=connection,
        module="Leads",
        operation=operation,
        state=state,
    )
    record("finished", import_, user)
    return import_


@pytest.fixture
def ours(connection, ana) -> Import:
    return kept(connection, ana, "ours.csv", Import.State.DONE_WITH_PROBLEMS, "upsert")


@pytest.fixture
def theirs(strange_connection, stranger) -> Import:
    return kept(strange_connection, stranger, "theirs.csv", Import.State.DONE, "insert")


@pytest.fixture
def manager(client, boss):
    client.force_login(boss)
    return client


@pytest.fixture
def superuser(client, django_user_model):
    client.force_login(django_user_model.objects.create_superuser("root"))
    return client


def text(client, url: str, **query: str) -> str:
    answer = client.get(url, query)
    assert answer.status_code == 200, answer.headers.get("Location")
    return answer.content.decode()


def test_manager_sees_only_the_teams_own(manager, ours, theirs, stranger):
    page = text(manager, IMPORTS)

    assert "ours.csv" in page
    assert "theirs.csv" not in page
    assert stranger.username not in page
    events = text(manager, EVENTS)
    assert str(ours.pk) in events
    assert str(theirs.pk) not in events
    assert manager.get(f"{IMPORTS}{theirs.pk}/change/").status_code == 302
    assert text(manager, f"{IMPORTS}{ours.pk}/change/")


def test_superuser_sees_all(superuser, ours, theirs):
    page = text(superuser, IMPORTS)

    assert "ours.csv" in page
    assert "theirs.csv" in page
    assert text(superuser, f"{IMPORTS}{theirs.pk}/change/")


@pytest.mark.parametrize("facts", [{}, {"is_staff": True}, {"manages_team": True}])
def test_admin_is_not_for_everybody(client, ana, ours, facts):
    type(ana).objects.filter(pk=ana.pk).update(**facts)
    client.force_login(type(ana).objects.get(pk=ana.pk))

    for url in (IMPORTS, EVENTS, f"{IMPORTS}{ours.pk}/change/"):
        assert client.get(url).status_code in (302, 403)


@pytest.mark.parametrize("who", ["manager", "superuser"])
@pytest.mark.parametrize("kind", ["import", "event"])
def test_nothing_can_be_added_changed_or_deleted(request, ours, who, kind):
    client = request.getfixturevalue(who)
    event = Event.objects.about(ours).first()
    url, pk = {"import": (IMPORTS, ours.pk), "event": (EVENTS, event.pk)}[kind]
    before = Import.objects.values().get(), list(Event.objects.values())

    answers = [
        client.get(f"{url}add/"),
        client.post(f"{url}add/", {"source_name": "x"}),
        client.post(f"{url}{pk}/change/", {"source_name": "x", "kind": "x"}),
        client.get(f"{url}{pk}/delete/"),
        client.post(f"{url}{pk}/delete/", {"post": "yes"}),
    ]
    client.post(url, {"action": "delete_selected", "_selected_action": str(pk), "post": "yes"})

    assert [answer.status_code for answer in answers] == [403] * 5
    assert (Import.objects.values().get(), list(Event.objects.values())) == before
    page = text(client, f"{url}{pk}/change/")
    assert 'name="_save"' not in page
    assert "deletelink" not in page


def test_connections_page_tells_no_secret(superuser, connection):
    page = text(superuser, f"/admin/teams/connection/{connection.pk}/change/")

    connection.refresh_from_db()
    secrets = [connection.client_secret, connection.refresh_token, connection.access_token]
    assert all(secrets)
    assert not [secret for secret in secrets if secret in page]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"state__exact": "done"}, {"theirs.csv"}),
        ({"state__exact": "done_with_problems"}, {"ours.csv"}),
        ({"operation__exact": "insert"}, {"theirs.csv"}),
        ({"module": "Leads"}, {"ours.csv", "theirs.csv"}),
        ({"module": "Contacts"}, set()),
        ({"created_at__gte": "2999-01-01 00:00:00+00:00"}, set()),
        ({"q": "ours"}, {"ours.csv"}),
        ({"q": "sven"}, {"theirs.csv"}),
        ({"created_by__id__exact": "{stranger}"}, {"theirs.csv"}),
    ],
)
def test_imports_can_be_filtered(superuser, ours, theirs, stranger, query, found):
    chosen = {name: value.replace("{stranger}", str(stranger.pk)) for name, value in query.items()}

    page = text(superuser, IMPORTS, **chosen).partition('id="changelist-form"')[2]

    assert {name for name in ("ours.csv", "theirs.csv") if name in page} == found


def test_import_page_tells_the_whole_story(manager, connection, ana, domain):
    ours = finished(connection, ana, leads_csv(domain, 3, bad=1))

    page = text(manager, f"{IMPORTS}{ours.pk}/change/")

    [part] = parts_of(ours)
    told = [
        "leads.csv",
        ours.source_sha256,
        "Last_Name",
        part.job_id,
        "3 rows: 2 created, 1 held back",
        ana.username,
    ]
    assert [fact for fact in told if fact not in page] == []
    story = page.partition("What")[2].lower()
    for kind in ("uploaded", "read", "checked", "confirmed", "submitted", "collected", "finished"):
        assert kind in story


def test_import_page_of_a_draft_has_nothing_sent(manager, team, ana):
    draft = Import.objects.create(team=team, created_by=ana, source_name="new.csv", source_bytes=1)

    assert "Nothing was sent." in text(manager, f"{IMPORTS}{draft.pk}/change/")


def test_list_of_imports_takes_as_many_queries_for_ten_as_for_two(
    manager, team, ana, django_assert_max_num_queries
):
    def more(number: int) -> None:
        for _ in range(number):
            Import.objects.create(team=team, created_by=ana, source_name="a", source_bytes=1)

    def count() -> int:
        with django_assert_max_num_queries(50) as seen:
            text(manager, IMPORTS)
        return len(seen)

    more(2)
    few = count()
    more(8)

    assert count() == few


def test_admin_index_leads_to_imports_and_events(manager):
    page = text(manager, reverse("admin:index"))

    assert IMPORTS in page
    assert EVENTS in page
