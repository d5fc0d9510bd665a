"""Connecting a team to a CRM: to a Zoho account, or to the practice CRM."""

from typing import Any

import cattrs
from django.conf import settings
from django.db import transaction

from importer.audit.models import record
from importer.crm.client import Credentials, CrmClient, exchange_code
from importer.crm.errors import CrmRefused
from importer.crm.hosts import DATA_CENTRES, Edition, one_host
from importer.crm.tokens import MemoryTokens
from importer.teams.models import Connection, Team, User

PRACTICE = "practice"


def connect(team: Team, user: User, form: dict[str, Any]) -> Connection:
    """The new connection, tried once. Raises `CrmError` where Zoho does not accept it."""
    hosts = DATA_CENTRES[form["data_centre"]].edition(Edition(form["edition"]))
    connection = Connection(
        team=team,
        name=form["name"],
        api_version=form["api_version"],
        client_id=form["client_id"],
        client_secret=form["client_secret"],
        created_by=user,
    )
    connection.set_hosts(hosts)
    connection.refresh_token = exchange_code(
        hosts, form["client_id"], form["client_secret"], form["grant_code"]
    )
    connection.save()
    try:
        greet(connection)
    except BaseException:
        connection.delete()
        raise
    record("connected", connection, user, name=connection.name, api_url=connection.api_url)
    return connection


def connect_practice(team: Team) -> Connection:
    """The team's connection to the practice CRM at `PRACTICE_CRM_URL`, made on first use."""
    access = _practice_access()
    connection, made = Connection.objects.get_or_create(team=team, name=PRACTICE, defaults=access)
    if any(getattr(connection, name) != value for name, value in access.items()):
        change_access(connection, access, {})
    if made:
        record("connected", connection, name=connection.name, api_url=connection.api_url)
    return connection


def connect_again(connection: Connection, user: User, form: dict[str, Any]) -> None:
    """Give `connection` new access, tried once. Raises `CrmError`, and then nothing changes."""
    token = exchange_code(
        connection.hosts, form["client_id"], form["client_secret"], form["grant_code"]
    )
    credentials = Credentials(form["client_id"], form["client_secret"], token)
    version = connection.api_version
    with CrmClient(connection.hosts, credentials, MemoryTokens(), api_version=version) as crm:
        organisation = crm.organisation()
    known = connection.organisation.get("zgid")
    if known and known != organisation.zgid:
        raise CrmRefused("this is another organisation; make a new connection for it")
    access = {
        "client_id": credentials.client_id,
        "client_secret": credentials.client_secret,
        "refresh_token": credentials.refresh_token,
    }
    with transaction.atomic():
        change_access(connection, access, cattrs.unstructure(organisation))
        record("connected_again", connection, user, name=connection.name)


def greet(connection: Connection) -> None:
    """Ask the CRM who it is and keep the answer; the first call shows that the access works."""
    with connection.client() as crm:
        connection.organisation = cattrs.unstructure(crm.organisation())
    connection.save(update_fields=["organisation"])


def change_access(
    connection: Connection, access: dict[str, str], organisation: dict[str, Any]
) -> None:
    """Save it without the old access's token, and without what that may still be renewed to."""
    changed = {**access, "organisation": organisation, "access_token": "", "renewing_until": None}
    for name, value in changed.items():
        setattr(connection, name, value)
    connection.save(update_fields=changed)


def _practice_access() -> dict[str, str]:
    hosts = one_host(settings.PRACTICE_CRM_URL)
    return {
        "accounts_url": hosts.accounts,
        "api_url": hosts.api,
        "upload_url": hosts.upload,
        "web_url": hosts.web,
        "client_id": settings.PRACTICE_CRM_CLIENT_ID,
        "client_secret": settings.PRACTICE_CRM_CLIENT_SECRET,
        "refresh_token": settings.PRACTICE_CRM_REFRESH_TOKEN,
    }
