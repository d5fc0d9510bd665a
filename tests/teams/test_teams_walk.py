"""A walk through every address of the project, as a stranger, as nobody, and as a forger."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

from importer.audit.models import Event
from importer.import_templates.models import ImportTemplate
from importer.imports import choosing
from importer.imports.models import Import, Notice
from importer.teams.models import Connection, Team, User, Webhook
from tests.office import finished, leads_csv

OPEN_TO_ALL = {  # by the names of their addresses
    "account_login",
    "account_logout",  # leads nobody back to the log-in
    "account_signup",  # says that it is closed
    "account_inactive",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_confirm_email",
    "account_email_verification_sent",
    "admin:login",
    "callback",  # answers those who have a token alone
    "favicon",
    "health",
}
POST_ONLY = {
    "callback",
    "imports:append_piece",
    "imports:begin_upload",
    "imports:confirm_undo",
    "imports:continue",
    "imports:discard_upload",
    "imports:finish_upload",
    "imports:fix_check",
    "imports:fix_report",
    "imports:fix_row",
    "imports:fix_send",
    "imports:look_up",
    "imports:pause",
    "imports:save_template",
    "imports:send_again",
    "imports:stop",
    "imports:use_template",
    "import_templates:delete",
    "notices:read_all",
    "notifications:choose",
    "notifications:remove_webhook",
    "notifications:renew_secret",
    "notifications:save_webhook",
    "notifications:test_webhook",
}
OF_OURS = ("imports", "import_templates", "teams", "notices", "notifications")


class Address:
    """One pattern of the project, with names and places for its arguments."""

    def __init__(self, route: str, name: str, kinds: dict[str, str]) -> None:
        self.route, self.name, self.kinds = route, name, kinds

    def __str__(self) -> str:
        return self.name or self.route or "the root"

    def url(self, values: dict[str, str]) -> str:
        return "/" + self.route.format(**{k: values.get(k, "1") for k in self.kinds})

    @property
    def is_about_one(self) -> bool:
        """Whether it names a single thing that belongs to somebody."""
        return "pk" in self.kinds or "object_id" in self.kinds


def addresses() -> Iterator[Address]:
    yield from below(get_resolver().url_patterns, "", "", {})


def below(patterns, prefix: str, space: str, kinds: dict[str, str]) -> Iterator[Address]:
    for pattern in patterns:
        route, more = template_of(pattern.pattern)
        here, named = prefix + route, kinds | more
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from below(pattern.url_patterns, here, inner, named)
        elif isinstance(pattern, URLPattern):
            yield Address(here, f"{space}{name_of(pattern)}", named)


def name_of(pattern: URLPattern) -> str:
    return pattern.name or getattr(pattern.callback, "__name__", "")


def template_of(pattern) -> tuple[str, dict[str, str]]:
    """A pattern as a format string, and its arguments."""
    text = str(pattern)
    if isinstance(pattern, RoutePattern):
        found = re.findall(r"<(?:\w+:)?(\w+)>", text)
        return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", text), dict.fromkeys(found, "")
    found = re.findall(r"\(\?P<(\w+)>", text)
    plain = re.sub(r"\(\?P<(\w+)>(?:\[[^]]*\]|[^)\[])*\)", r"{\1}", text)
    return plain.strip("^$"), dict.fromkeys(found, "")


ALL = list(addresses())


@pytest.fixture
def theirs(ana, connection, domain) -> dict[str, str]:
    """What another team has: the arguments that lead to it."""
    Connection.objects.filter(pk=connection.pk).update(name="Hush Hush CRM")
    import_ = finished(connection, ana, leads_csv(domain, bad=1))
    Import.objects.filter(pk=import_.pk).update(source_name="hush-budget.csv")
    template = choosing.save_template(import_, ana, "Hush template")
    Webhook.objects.create(team=connection.team, url="https://hush.example", secret="hush")
    return {
        "import": str(import_.pk),
        "notice": str(Notice.objects.of(ana).get().pk),
        "template": str(template.pk),
        "connection": str(connection.pk),
        "event": str(Event.objects.about(import_).first().pk),
        "user": str(ana.pk),
        "team": str(connection.team_id),
    }


def arguments(address: Address, theirs: dict[str, str]) -> dict[str, str]:
    """The arguments by which `address` leads to the other team's things."""
    kinds = {"teams_connection": "connection", "audit_event": "event", "teams_user": "user"}
    kinds |= {"teams_team": "team", "imports_import": "import"}
    of_admin = next((kinds[k] for k in kinds if k in address.name), "import")
    of_rooms = {"import_templates": "template", "teams": "connection", "imports": "import"}
    of_rooms |= {"notices": "notice"}
    of_room = of_rooms.get(address.name.partition(":")[0], "import")
    return {
        "pk": theirs[of_room],
        "object_id": theirs[of_admin],
        "id": theirs["user"],
        "name": "problems.csv",
        "app_label": "imports",
        "key": "nothing",
        "uidb36": "1",
    }


def everything() -> list[object]:
    """All rows that a request could have changed, but for who logged in when."""
    tables = [Import, ImportTemplate, Connection, Team, Webhook, Notice, Event]
    rows: list[object] = [list(table.objects.order_by("pk").values()) for table in tables]
    people = User.objects.order_by("pk").values("pk", "username", "password", "team", "is_staff")
    return [*rows, list(people)]


def told(answer) -> str:
    if answer.streaming:
        return b"".join(answer.streaming_content).decode("utf-8", "replace").lower()
    return answer.content.decode("utf-8", "replace").lower()


def leaks(answer, domain: str) -> list[str]:
    """What of the other team's data the answer holds."""
    return [mark for mark in ("hush", domain) if mark in told(answer)]


def test_walk_knows_every_room():
    names = {address.name for address in ALL}

    rooms = {name.partition(":")[0] for name in names}
    assert {*OF_OURS, "admin", "account_login"} <= rooms | names
    assert names >= OPEN_TO_ALL, "an open address is gone; take it from the list"
    assert names >= POST_ONLY


def test_walk_as_a_stranger_shows_and_changes_nothing(stranger, theirs, domain):
    client = Client()
    before = everything()
    found = []
    for address in ALL:
        url = address.url(arguments(address, theirs))
        for method in ("get", "post"):
            client.force_login(stranger)  # one of them is the way out
            answer = getattr(client, method)(url)
            refused = answer.status_code in (302, 403, 404, 405)
            if answer.status_code >= 500 or (address.is_about_one and not refused):
                found.append((method, url, answer.status_code))
            if leaks(answer, domain):
                found.append((method, url, leaks(answer, domain)))

    assert found == []
    assert everything() == before
    client.force_login(stranger)
    for url in ("/imports/", "/templates/", "/connections/", "/admin/imports/import/"):
        assert client.get(url).status_code == 200  # the stranger is not just kept out of all


def test_walk_by_the_owner_finds_what_the_stranger_did_not(client, ana, theirs):
    client.force_login(ana)
    wizard = [a for a in ALL if a.name.startswith("imports:") and a.name not in POST_ONLY]

    statuses = {a.name: client.get(a.url(arguments(a, theirs))).status_code for a in wizard}

    moved = {f"imports:{name}": 302 for name in ("go_on", "confirm", "undo")}
    assert statuses == dict.fromkeys(statuses, 200) | moved


def test_walk_as_nobody_leads_to_the_login_and_changes_nothing(theirs, domain):
    client = Client()
    before = everything()
    found = []
    for address in ALL:
        url = address.url(arguments(address, theirs))
        for method in ("get", "post"):
            answer = getattr(client, method)(url)
            to_login = answer.status_code == 302 and "/login/" in answer.headers["Location"]
            if address.name not in OPEN_TO_ALL and not to_login:
                found.append((method, url, answer.status_code))
            if leaks(answer, domain):
                found.append((method, url, leaks(answer, domain)))

    assert found == []
    assert everything() == before


def test_walk_by_links_alone_changes_nothing(client, ana, theirs):
    client.force_login(ana)
    before = everything()[:-3]  # a notice is seen, a download is an event
    for address in ALL:
        if "logout" not in address.name:
            client.get(address.url(arguments(address, theirs)))

    assert everything()[:-3] == before


def test_walk_refuses_a_link_where_something_would_change(client, ana, theirs):
    client.force_login(ana)
    urls = [a.url(arguments(a, theirs)) for a in ALL if a.name in POST_ONLY]

    assert {client.get(url).status_code for url in urls} == {405}


def test_walk_by_a_forger_is_refused_everywhere(ana, theirs):
    client = Client(enforce_csrf_checks=True)
    client.force_login(ana)
    ours = [a for a in ALL if a.name.partition(":")[0] in OF_OURS]
    before = everything()

    statuses = {str(a): client.post(a.url(arguments(a, theirs))).status_code for a in ours}

    # 405 or 403, as it comes
    read_only = {"imports:list", "imports:go_on", "imports:report"}
    read_only |= {"notices:list", "notices:see", "notifications:notifications"}
    assert {n for n, s in statuses.items() if s != 403} <= read_only
    assert everything() == before


def test_person_without_a_team_sees_nothing(client, theirs, domain):
    client.force_login(User.objects.create_user("lost"))
    for address in ALL:
        if address.name.partition(":")[0] in OF_OURS:
            url = address.url(arguments(address, theirs))
            answer = client.get(url)
            assert answer.status_code in (200, 403, 404, 405), url
            assert not leaks(answer, domain), url
