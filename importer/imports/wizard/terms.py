"""Step 6's form: how carefully to go about it."""

import re
from typing import Any

import polars as pl
from django import forms
from django.conf import settings

from importer.crm.schema import Operation
from importer.imports import files
from importer.imports.models import Import
from importer.imports.running import snapshots, starting
from importer.imports.running.starting import CANARY_ROWS, Plan, Terms
from importer.sheets.table import ROW

MOST_TRIED = 500
STRETCH = re.compile(r"\s*(\d{1,9})\s*(?:[-–]\s*(\d{1,9})\s*)?")


class TermsForm(forms.Form):
    """Try some rows first, stop by itself, keep what will be changed."""

    try_first = forms.BooleanField(required=False)
    tried = forms.CharField(
        required=False,
        max_length=1000,
        label="Rows to try",
        help_text="Such as 2, 5-9, as Excel numbers them. Empty: the first ones.",
    )
    failure_limit = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=99,
        label="Stop by itself when more than so many percent of the rows fail",
        help_text="Counted whenever a part is back. Empty: never.",
    )
    keeps_values = forms.BooleanField(required=False)

    def __init__(self, data: Any, *, import_: Import, plan: Plan) -> None:
        first = {"failure_limit": settings.FAILURE_LIMIT, "keeps_values": True}
        super().__init__(data, initial=first)
        self._import, self._tried = import_, tuple[int, ...]()
        some = min(CANARY_ROWS, plan.to_send)
        self.fields["try_first"].label = f"Try {some} row{'s' * (some != 1)} first"
        self.fields["try_first"].help_text = (
            "You look at them in the CRM, then send the rest or take them back. "
            "They are a part of their own."
        )
        if import_.operation == Operation.INSERT:  # it changes no record that is there
            del self.fields["keeps_values"]
        else:
            self.fields["keeps_values"].label = "Keep the values that will be changed"
            self.fields["keeps_values"].help_text = (
                f"Without them changed records cannot be put back. Reading them takes about "
                f"{plan.snapshot_credits:,} API credits.{_not_kept(import_)}"
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("try_first"):
            try:
                self._tried = self._rows(cleaned.get("tried", ""))
            except ValueError as error:
                self.add_error("tried", str(error))
        return cleaned

    def terms(self) -> Terms:
        """What the person decided."""
        return Terms(
            canary=self._tried,
            failure_limit=self.cleaned_data["failure_limit"],
            keeps_values=self.cleaned_data.get("keeps_values", False),
        )

    def _rows(self, text: str) -> tuple[int, ...]:
        """The rows of `text` that may be sent; `ValueError` tells a person what is wrong."""
        if not text.strip():
            return starting.first_rows(self._import)
        wanted = _numbers(text)
        name = files.checked(self._import.checked_for)
        with self._import.files.read(name) as checked:
            found = pl.scan_parquet(checked).filter(pl.col(ROW).is_in(wanted)).select(ROW)
            rows = found.collect()[ROW].to_list()
        missing = sorted(set(wanted) - set(rows))
        if missing:
            raise ValueError(f"Row {missing[0]:,} is not among the rows that would be sent.")
        return tuple(rows)


def _numbers(text: str) -> list[int]:
    """2, 5-9 as 2, 5, 6, 7, 8, 9; `ValueError` where it cannot be read."""
    numbers: set[int] = set()
    for piece in text.split(","):
        match = STRETCH.fullmatch(piece)
        if not match:
            raise ValueError(f"“{piece.strip()}” is no row. Write numbers such as 2, 5-9.")
        first, last = int(match[1]), int(match[2] or match[1])
        if last - first >= MOST_TRIED or len(numbers) > MOST_TRIED:
            raise ValueError(f"Choose at most {MOST_TRIED} rows to try.")
        numbers.update(range(first, last + 1))
    return sorted(numbers)


def _not_kept(import_: Import) -> str:
    """A sentence about the fields that do not come back; blank where all do."""
    lost = snapshots.cannot_keep(import_)
    return f" {', '.join(lost)} cannot be kept: the CRM shows such texts cut." if lost else ""
