"""A CRM's metadata: kept for a while, asked for again, and served when the CRM is down."""

from datetime import timedelta

import pytest
from django.utils import timezone

from importer.crm.errors import CrmRefused, CrmUnavailable
from importer.teams import metadata
from importer.teams.models import Connection, ModuleMetadata
from tests.line import not_reached

NOWHERE = "http://127.0.0.1:1"


pytestmark = pytest.mark.usefixtures("one_try")


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
