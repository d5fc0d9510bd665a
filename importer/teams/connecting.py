"""Connecting a team to a CRM: to a Zoho account, or to the practice CRM."""

from typing import Any

import cattrs
from django.conf import settings

from importer.audit.models import record
from importer.crm.client import exchange_code
from importer.crm.hosts import DATA_CENTRES, one_host
from importer.teams.models import Connection, Team, User

PRACTICE = "practice"


def connect(team: Team, user: User, form: dict[str, Any]) -> Connection:
    """The new connection, tried once. Raises `CrmError` where Zoho does not accept it."""
    hosts = DATA_CENTRES[form["data_centre"]].hosts
    connection = Connection(
        team=team,
        name=form["name"],
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
    connection, made = Connection.objects.get_or_create(
        team=team, name=PRACTICE, defaults=_practice_access()
    )
    if not made and any(getattr(connection, k) != v for k, v in _practice_access().items()):
        for key, value in _practice_access().items():
            setattr(connection, key, value)
        connection.access_token = ""
        connection.save()
    if made:
        record("connected", connection, name=connection.name, api_url=connection.api_url)
    return connection


def greet(connection: Connection) -> None:
    """Ask the CRM who it is and keep the answer; the first call shows that the access works."""
    with connection.client() as crm:
        connection.organisation = cattrs.unstructure(crm.organisation())
    connection.save(update_fields=["organisation"])


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
