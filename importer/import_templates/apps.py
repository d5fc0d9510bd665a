"""Mappings saved under a name and shared with the team."""

from django.apps import AppConfig


class ImportTemplatesConfig(AppConfig):
    name = "importer.import_templates"
    verbose_name = "Templates"
