"""Cells that people changed after the file was read: an overlay, the table stays as it is."""

from typing import Any

import polars as pl
from django.conf import settings
from django.db import models

from importer.bulk import EDITS_SCHEMA


class EditQuerySet(models.QuerySet[Any]):
    """Edits of one import."""

    def frame(self) -> pl.DataFrame:
        """All of them by `EDITS_SCHEMA`, to be laid over the table."""
        cells = self.values_list("row", "column", "value")
        edits = pl.DataFrame(list(cells), schema=EDITS_SCHEMA, orient="row")
        return edits.with_columns(value=pl.when(pl.col("value") != "").then("value"))


class Edit(models.Model):
    """What stands in one cell instead of what the file has there."""

    for_import = models.ForeignKey("imports.Import", models.PROTECT, related_name="edits")
    row = models.PositiveBigIntegerField()  # as Excel numbers it
    column = models.CharField(max_length=500)  # the header
    value = models.TextField(blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True)
    made_at = models.DateTimeField(auto_now=True)

    objects = EditQuerySet.as_manager()

    class Meta:
        ordering = ["row", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["for_import", "row", "column"], name="one_edit_a_cell"),
        ]

    def __str__(self) -> str:
        return f"row {self.row}, {self.column}"
