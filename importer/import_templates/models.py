"""Import templates: a mapping and its options, saved under a name and shared with the team."""

from typing import Self

from django.conf import settings
from django.db import models

from importer.crm.schema import Operation
from importer.mapping.model import Mapping
from importer.teams.models import Connection, Team, TeamQuerySet


class ImportTemplateQuerySet(TeamQuerySet):
    """A team's templates."""

    def for_headers(self, headers: tuple[str, ...]) -> Self:
        """Those saved from a file with exactly these column headers, in any order."""
        return self.filter(headers=sorted(headers))


class ImportTemplate(models.Model):
    """Everything that was decided for one kind of file, to be decided once."""

    team = models.ForeignKey(Team, models.PROTECT, related_name="import_templates")
    name = models.CharField(max_length=100)
    connection = models.ForeignKey(Connection, models.PROTECT)
    module = models.CharField(max_length=100)  # API name
    operation = models.CharField(max_length=10, choices=[(o, o) for o in Operation])
    find_by = models.CharField(max_length=100, blank=True)  # API name
    mapping_json = models.JSONField()
    headers = models.JSONField()  # of the file it was saved from, sorted
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ImportTemplateQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["team", "name"], name="template_name_in_team"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def mapping(self) -> Mapping:
        return Mapping.from_json(self.mapping_json)
