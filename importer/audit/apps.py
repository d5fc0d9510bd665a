"""What happened and who did it, append-only."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "importer.audit"
    verbose_name = "Audit"
