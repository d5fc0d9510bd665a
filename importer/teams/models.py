"""Teams, the people in them, and their connections to CRM organisations."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models

from importer.crm.client import CrmClient
from importer.crm.hosts import Hosts
from importer.teams.clients import CLIENTS, Access
from importer.teams.credits import DatabaseCredits
from importer.teams.pace import DatabasePace
from importer.teams.secrets import EncryptedTextField
from importer.teams.tokens import DatabaseCredentials, DatabaseTokens
from importer.teams.webhooks import Webhook as Webhook  # Django looks for models here


class Team(models.Model):
    """The people who share imports, templates and connections."""

    name = models.CharField(max_length=100, unique=True)

    def __str__(self) -> str:
        return self.name

    @property
    def team_id(self) -> int:
        """Whose events its own are: a team belongs to itself."""
        return self.pk


class User(AbstractUser):
    """A person. Everything they see and make belongs to their team."""

    class ToldOf(models.TextChoices):
        """What they get e-mails about; in the app they are told of everything."""

        ALL = "all", "Everything"
        PROBLEMS = "problems", "Problems only"
        NONE = "none", "Nothing"

    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="people")
    manages_team = models.BooleanField(
        "manages the team", default=False, help_text="May connect CRMs and audit all imports."
    )
    told_of = models.CharField(
        "gets e-mails about", max_length=10, choices=ToldOf, default=ToldOf.ALL
    )


class TeamQuerySet(models.QuerySet[Any]):
    """Rows that belong to a team; every page begins with `visible_to`."""

    def visible_to(self, user: Any) -> Self:
        """What `user` may see: their own team's."""
        return self.filter(team=user.team) if user.team_id else self.none()


class Connection(models.Model):
    """A team's link to one CRM organisation."""

    team = models.ForeignKey(Team, models.PROTECT, related_name="connections")
    name = models.CharField(max_length=100)
    accounts_url = models.URLField()
    api_url = models.URLField()
    upload_url = models.URLField()
    web_url = models.URLField()
    api_version = models.CharField(max_length=4, default="v7")
    client_id = models.CharField(max_length=200)
    client_secret = EncryptedTextField()
    refresh_token = EncryptedTextField()
    organisation = models.JSONField(default=dict)  # crm.schema.Organisation
    part_rows = models.PositiveIntegerField("rows in a part", null=True, blank=True)
    parts_at_once = models.PositiveSmallIntegerField(null=True, blank=True)
    mark_field = models.CharField(
        "import mark",
        max_length=100,
        blank=True,
        help_text="API name of a text field in the CRM that is to hold import and part",
    )
    created_by = models.ForeignKey(User, models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    access_token = EncryptedTextField(blank=True)
    access_token_expires_at = models.DateTimeField(null=True)
    held_until = models.DateTimeField(null=True)  # the CRM wants no requests before
    renewing_until = models.DateTimeField(null=True)  # while one process asks for a new token
    credits_left = models.PositiveIntegerField(null=True)  # API credits, as the CRM last told
    credits_told_at = models.DateTimeField(null=True)

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["team", "name"], name="connection_name_in_team"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def hosts(self) -> Hosts:
        return Hosts(self.accounts_url, self.api_url, self.upload_url, self.web_url)

    def set_hosts(self, hosts: Hosts) -> None:
        self.accounts_url, self.api_url = hosts.accounts, hosts.api
        self.upload_url, self.web_url = hosts.upload, hosts.web

    @property
    def rows_a_part(self) -> int:
        """How many rows a bulk write job gets at most."""
        most: int = settings.PART_ROWS
        return min(self.part_rows or most, most)

    @property
    def jobs_in_flight(self) -> int:
        """How many jobs the CRM is given to work on at a time."""
        usual: int = settings.PARTS_AT_ONCE
        return self.parts_at_once or usual

    @property
    def tokens(self) -> DatabaseTokens:
        """The access token that all processes share."""
        return DatabaseTokens(self._row)

    @property
    def pace(self) -> DatabasePace:
        """The pause that all processes keep."""
        return DatabasePace(self._row)

    def client(self) -> AbstractContextManager[CrmClient]:
        """This process's client for the connection, lent for a block: `with c.client() as crm`."""
        access = Access(self.hosts, self.api_version, settings.CRM_TIMEOUT_S)
        return CLIENTS.lend(self.pk, access, self._client_for(access))

    def _client_for(self, access: Access) -> Callable[[], CrmClient]:
        return lambda: CrmClient(
            access.hosts,
            DatabaseCredentials(self._row),
            self.tokens,
            self.pace,
            credit_store=DatabaseCredits(self._row),
            api_version=access.api_version,
            timeout_s=access.timeout_s,
        )

    @property
    def _row(self) -> models.QuerySet[Any]:
        return Connection.objects.filter(pk=self.pk)


class ModuleMetadata(models.Model):
    """What a connection's CRM told of one module, and when."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="metadata")
    module = models.CharField(max_length=100)  # API name; "" holds the list of modules
    data = models.JSONField()
    fingerprint = models.CharField(max_length=64, blank=True)
    fetched_at = models.DateTimeField()
    due_at = models.DateTimeField()  # to be asked for again

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "module"], name="one_metadata_a_module"),
        ]

    def __str__(self) -> str:
        return f"{self.connection}: {self.module}"
