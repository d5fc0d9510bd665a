"""A CRM's metadata: kept for a while, asked for again, and served when the CRM is down."""

import json
from datetime import timedelta

import httpx
import pytest
from django.utils import timezone

from importer.bulk import refusals
from importer.crm.errors import CrmRefused, CrmUnavailable
from importer.imports.advance import drive
from importer.imports.models import Part
from importer.imports.running import reading, starting
from importer.imports.running.starting import Terms
from importer.teams import metadata
from importer.teams.models import Connection, ModuleMetadata
from tests.line import CREATE, LOOK, Carry, answered, not_reached
from tests.office import Wizard, checked, confirmed, leads_csv, parts_of

NOWHERE = "http://127.0.0.1:1"


pytestmark = pytest.mark.usefixtures("one_try")


@pytest.fixture
def known_connection(connection: Connection) -> Connection:
    """One that knows the modules, and the fields of leads."""
    metadata.modules(connection)
    metadata.module(connection, "Leads")
    return connection


@pytest.fixture
def connection(connection: Connection) -> Connection:
    """One that knows nothing of its CRM yet."""
    connection.metadata.all().delete()
    return connection


def go_down(connection: Connection) -> None:
    Connection.objects.filter(pk=connection.pk).update(api_url=NOWHERE)
    connection.refresh_from_db()


def grow_old(connection: Connection) -> None:
    long_ago = timezone.now() - timedelta(days=1)
    connection.metadata.update(fetched_at=long_ago, due_at=long_ago)


def test_metadata_names_modules_and_fields(connection):
    names = [module.api_name for module in metadata.modules(connection)]

    assert "Leads" in names
    assert metadata.module(connection, "Leads").field("Email").data_type == "email"


@pytest.mark.parametrize(
    "ask", [metadata.modules, lambda c, **more: metadata.module(c, "Leads", **more)]
)
def test_metadata_is_asked_for_once(connection, ask):
    first = ask(connection)
    fetched_at = ModuleMetadata.objects.get().fetched_at

    assert ask(connection) == first
    assert ModuleMetadata.objects.get().fetched_at == fetched_at


def test_metadata_is_asked_for_again_when_it_is_old(connection):
    metadata.module(connection, "Leads")
    grow_old(connection)

    metadata.module(connection, "Leads")

    age = timezone.now() - ModuleMetadata.objects.get().fetched_at
    assert age < timedelta(hours=1)


def test_metadata_that_is_fresh_needs_no_crm(connection):
    known = metadata.module(connection, "Leads")
    go_down(connection)

    assert metadata.module(connection, "Leads") == known


def test_metadata_that_is_old_serves_while_the_crm_is_down(connection):
    known = metadata.module(connection, "Leads")
    grow_old(connection)
    go_down(connection)

    assert metadata.module(connection, "Leads") == known


def test_metadata_is_not_asked_for_at_every_page_while_the_crm_is_down(connection, line):
    metadata.module(connection, "Leads")
    grow_old(connection)
    line.cut(("GET", "/settings/"), not_reached, times=50)
    metadata.module(connection, "Leads")
    tries = len(line.faults)

    metadata.module(connection, "Leads")

    assert len(line.faults) == tries < 50


def test_metadata_that_must_be_fresh_needs_the_crm(connection):
    metadata.module(connection, "Leads")
    go_down(connection)

    with pytest.raises(CrmUnavailable):
        metadata.module(connection, "Leads", fresh=True)


def test_metadata_never_asked_for_needs_the_crm(connection):
    go_down(connection)

    with pytest.raises(CrmUnavailable):
        metadata.modules(connection)


def test_metadata_of_an_unknown_module_is_refused(connection):
    with pytest.raises(CrmRefused):
        metadata.module(connection, "Nonsense")

    assert not ModuleMetadata.objects.exists()


def test_fingerprint_changes_with_the_fields_alone(connection):
    assert metadata.fingerprint(connection, "Leads") == ""
    metadata.module(connection, "Leads")
    before = metadata.fingerprint(connection, "Leads")

    metadata.module(connection, "Leads", fresh=True)

    assert metadata.fingerprint(connection, "Leads") == before
    metadata.module(connection, "Contacts")
    assert metadata.fingerprint(connection, "Contacts") != before


# Asked for again by a person


def with_another_module(request: httpx.Request, carry: Carry) -> httpx.Response:
    """The CRM's modules since an administrator has added one."""
    modules = json.loads(carry(request).read())["modules"]
    [leads] = [module for module in modules if module["api_name"] == "Leads"]
    added = leads | {"generated_type": "custom", "api_name": "Boats", "plural_label": "Boats"}
    return httpx.Response(200, json={"modules": [*modules, added]})


@pytest.fixture
def wizard(known_connection, ana, domain, client) -> Wizard:
    client.force_login(ana)
    return Wizard.upload(client, leads_csv(domain))


def test_modules_that_are_fetched_again_are_those_of_the_crm(known_connection, wizard, line):
    chosen = {"connection": known_connection.pk, "module": "Vendors", "operation": "update"}
    line.cut(("GET", "/settings/modules"), with_another_module)
    before = wizard.page("destination")

    answer = wizard.post("destination", modules="again", **chosen)

    after = wizard.client.get(answer.url).content.decode()
    assert ("Boats" in before, "Boats" in after) == (False, True)
    assert '<option value="Vendors" selected>' in after
    assert "The modules are as the CRM has them now." in after
    assert not wizard.import_.module


def test_modules_that_are_fetched_again_bring_the_chosen_ones_fields(
    known_connection, wizard, line
):
    line.cut(("GET", "/settings/fields"), with_another_field)

    wizard.post("destination", modules="again", connection=known_connection.pk, module="Leads")

    assert metadata.module(known_connection, "Leads").field("Shoe_Size").unique


def test_modules_that_are_fetched_again_may_lack_the_chosen_one(known_connection, wizard):
    answer = wizard.post("destination", modules="again", module="Gone")

    page = wizard.client.get(answer.url).content.decode()
    assert "The modules are as the CRM has them now." in page


def test_modules_that_cannot_be_fetched_again_stay_as_they_are(known_connection, wizard):
    go_down(known_connection)

    assert wizard.post("destination", modules="again").status_code == 502
    assert metadata.modules(known_connection)


def test_fields_that_are_fetched_again_are_those_of_the_crm(known_connection, wizard, line):
    wizard.to_columns(known_connection)
    line.cut(("GET", "/settings/fields"), with_another_field)
    before = wizard.page("columns")

    answer = wizard.post("columns", fields="again")

    after = wizard.client.get(answer.url).content.decode()
    assert ("Shoe size" in before, "Shoe size" in after) == (False, True)


# Found to be stale


def with_another_field(request: httpx.Request, carry: Carry) -> httpx.Response:
    """The CRM's fields since an administrator has added one."""
    answer = carry(request)
    fields = json.loads(answer.read())["fields"]
    [email] = [field for field in fields if field["api_name"] == "Email"]
    added = email | {"api_name": "Shoe_Size", "field_label": "Shoe size", "id": "57"}
    return httpx.Response(200, json={"fields": [*fields, added]})


def refused_at_its_end(request: httpx.Request, carry: Carry) -> httpx.Response:
    resource = {"code": "INVALID_FIELD", "file": {"status": "FAILED"}}
    return httpx.Response(200, json={"id": "1", "status": "FAILED", "resource": [resource]})


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (CREATE, answered(400, "INVALID_FIELD")),
        (CREATE, answered(400, "INVALID_FIELD_NAME")),
        (CREATE, answered(400, "INVALID_MODULE")),
        (CREATE, answered(400, "MODULE_NOT_AVAILABLE")),
        (CREATE, answered(400, "MANDATORY_FIELDS_NOT_MAPPED")),
        (LOOK, refused_at_its_end),
    ],
)
def test_metadata_that_a_refused_job_shows_to_be_stale_is_asked_for_again(
    known_connection, ana, domain, line, client, call, fault
):
    import_ = confirmed(known_connection, ana, leads_csv(domain))
    line.cut(call, fault)
    line.cut(("GET", "/settings/fields"), with_another_field)
    drive(import_)
    client.force_login(ana)
    wizard = Wizard.upload(client, leads_csv(domain))

    wizard.to_columns(known_connection)

    assert "Shoe size" in wizard.page("columns")


@pytest.mark.parametrize(
    ("read_credits", "code"), [(50, "INVALID_QUERY"), (0, "FIELD_NOT_AVAILABLE")]
)
def test_metadata_with_a_field_whose_values_cannot_be_kept_is_asked_for_again(
    connection, ana, domain, line, monkeypatch, read_credits, code
):
    line.cut(("GET", "/settings/fields"), with_another_field)
    known = metadata.module(connection, "Leads")  # that field has been removed since
    content = f"Email,Last Name,Company,Shoe size\np1@{domain},Known,Acme,a@b.nl\n".encode()
    import_ = checked(connection, ana, content)
    monkeypatch.setattr(reading, "READ_CREDITS", read_credits)
    starting.start(import_, ana, starting.plan(import_).key, Terms(keeps_values=True))

    drive(import_)

    [part] = parts_of(import_)
    assert (part.state, part.code) == (Part.State.REFUSED, code)
    assert refusals.explain(code, None).startswith("Zoho no longer has one of the matched fields.")
    now = metadata.module(connection, "Leads")
    assert {f.api_name for f in known.fields} - {f.api_name for f in now.fields} == {"Shoe_Size"}


def test_metadata_is_still_believed_after_a_refusal_that_says_nothing_of_it(
    known_connection, ana, domain, line
):
    before = known_connection.metadata.get(module="Leads").due_at
    import_ = confirmed(known_connection, ana, leads_csv(domain))
    line.cut(CREATE, answered(403, "NO_PERMISSION"))

    drive(import_)

    assert known_connection.metadata.get(module="Leads").due_at == before
