"""Cells that people changed after the file was read: an overlay, the table stays as it is."""

from django.conf import settings
from django.db import models


class Edit(models.Model):
    """What stands in one cell instead of what the file has there."""

    for_import = models.ForeignKey("imports.Import", models.PROTECT, related_name="edits")
    row = models.PositiveBigIntegerField()  # as Excel numbers it
    column = models.CharField(max_length=500)  # the header
    value = models.TextField(blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True)
    made_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["row", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["for_import", "row", "column"], name="one_edit_a_cell"),
        ]

    def __str__(self) -> str:
        return f"row {self.row}, {self.column}"
