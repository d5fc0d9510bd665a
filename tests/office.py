"""The way of an import: a function for each stretch, and the wizard as its pages lead through."""

from datetime import timedelta
from typing import Self
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from importer.audit.models import Event
from importer.crm.schema import Operation
from importer.imports import choosing, uploading
from importer.imports.advance import advance_import, advance_part, drive
from importer.imports.models import Import, Part
from importer.imports.running import starting
from importer.teams import metadata
from importer.teams.models import Connection, Team, User


def leads_csv(domain: str, rows: int = 3, *, bad: int = 0) -> bytes:
    """A CSV of leads, the last `bad` of which have no last name."""
    names = [f"Name {n}" if n <= rows - bad else "" for n in range(1, rows + 1)]
    lines = [f"p{n}@{domain},{name},Acme" for n, name in enumerate(names, start=1)]
    return "\n".join(["Email,Last Name,Company", *lines, ""]).encode()


def uploaded(team: Team, user: User | None, content: bytes, name: str = "leads.csv") -> Import:
    """A draft whose file was read."""
    import_ = uploading.begin_import(team, user, ContentFile(content, name=name))
    drive(import_)
    return import_


def checked(
    connection: Connection,
    user: User | None,
    content: bytes,
    operation: Operation = Operation.UPSERT,
    find_by: str = "Email",
) -> Import:
    """A draft for Leads, matched by its headers, with every row checked."""
    import_ = uploaded(connection.team, user, content)
    leads = metadata.module(connection, "Leads")
    choosing.choose_destination(import_, user, connection, leads, operation, find_by)
    choosing.check(import_)
    drive(import_)
    assert import_.is_checked, import_.work_error
    return import_


def confirmed(*args, **kwargs) -> Import:
    """As `checked`, and confirmed: its parts are still to be cut."""
    import_ = checked(*args, **kwargs)
    starting.start(import_, import_.created_by, starting.plan(import_).key)
    return import_


def finished(*args, **kwargs) -> Import:
    """As `confirmed`, and done to its end."""
    import_ = confirmed(*args, **kwargs)
    drive(import_)
    return import_


def parts_of(import_: Import) -> list[Part]:
    return list(Part.objects.of(import_.pk))


def cut_into_parts(import_: Import) -> Part:
    """The import begins; its first part."""
    advance_import(import_.pk)
    return parts_of(import_)[0]


def bring_to(import_: Import, state: Part.State) -> Part:
    """Take steps until the part has come to `state`."""
    part = cut_into_parts(import_)
    for _ in range(200):
        if part.state == state:
            return part
        Part.objects.update(due_at=None)
        advance_part(part.pk)
        part.refresh_from_db()
    raise AssertionError(f"{part} never came to {state}")


def the_lease_runs_out() -> None:
    """As half a minute after a process was killed."""
    past = timezone.now() - timedelta(seconds=1)
    for kind in (Import, Part):
        kind.objects.exclude(lease_token=None).update(lease_until=past)


def assert_all_went_in(import_: Import, crm, domain: str, rows: int = 3) -> None:
    assert import_.state == Import.State.DONE
    assert import_.balance.adds_up
    assert import_.balance.went_in == rows
    assert set(crm.leads(domain)) == {f"p{n}@{domain}" for n in range(1, rows + 1)}


def told_of(import_: Import) -> list[str]:
    return [event.kind for event in Event.objects.about(import_)]


class Wizard:
    """One person's browser on one import; a worker is simulated after every click."""

    def __init__(self, client: Client, import_: Import) -> None:
        self.client, self.import_ = client, import_

    @classmethod
    def upload(cls, client: Client, content: bytes, name: str = "leads.csv") -> Self:
        answer = client.post(reverse("imports:new"), {"file": SimpleUploadedFile(name, content)})
        assert answer.status_code == 302, answer.content.decode()
        pk = UUID(answer.url.split("/")[2])
        wizard = cls(client, Import.objects.get(pk=pk))
        wizard.work()
        return wizard

    def url(self, step: str, *args: str) -> str:
        return reverse(f"imports:{step}", args=[self.import_.pk, *args])

    def work(self) -> None:
        """Let the worker do what it has to."""
        drive(self.import_)

    def page(self, step: str, **query: str) -> str:
        answer = self.client.get(self.url(step), query)
        assert answer.status_code == 200, (answer.status_code, answer.headers.get("Location"))
        return answer.content.decode()

    def get(self, step: str) -> HttpResponse:
        return self.client.get(self.url(step))

    def post(self, step: str, **data: object) -> HttpResponse:
        """What the server answers to the form, before any worker."""
        answer = self.client.post(self.url(step), {"csrfmiddlewaretoken": "x", **data})
        self.import_.refresh_from_db()
        return answer

    def send(self, step: str, **data: object) -> str:
        """Fill in the form and let the worker follow; the step that it leads to."""
        answer = self.post(step, **data)
        assert answer.status_code == 302, answer.content.decode()
        self.work()
        return answer.url.partition("?")[0].rstrip("/").rpartition("/")[2]

    def fragment(self, step: str, target: str, **data: object) -> HttpResponse:
        """What htmx gets: by GET, or by POST where there are data."""
        headers = {"HX-Request": "true", "HX-Target": target}
        ask = self.client.post if data else self.client.get
        answer = ask(self.url(step), data or None, headers=headers)
        self.import_.refresh_from_db()
        return answer

    def to_columns(self, connection: Connection, operation="upsert", find_by="Email") -> None:
        chosen = {"connection": connection.pk, "module": "Leads"}
        step = self.send("destination", **chosen, operation=operation, find_by=find_by)
        assert step == "columns"

    def columns(self) -> dict[str, str]:
        """The form of the columns step as the page shows it."""
        form = self.get("columns").context["form"]
        return {f.html_name: f.value() or "" for f in form}

    def to_check(self, connection: Connection, **destination: str) -> None:
        """Through the steps with what is suggested."""
        self.to_columns(connection, **destination)
        assert self.send("columns", **self.columns()) == "values"
        assert self.send("values") == "check"

    def confirm(self) -> str:
        return self.send("confirm", plan=self.import_.plan_key)
