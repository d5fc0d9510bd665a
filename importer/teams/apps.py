"""People, their teams, and the teams' connections to a CRM."""

from django.apps import AppConfig


class TeamsConfig(AppConfig):
    name = "importer.teams"
    verbose_name = "Teams"
