"""The life of an import: its models, steps, tasks and pages."""

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "importer.imports"
    verbose_name = "Imports"
