"""How the file is read, where what we detected is not right: one thing at a time, or several."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from django import forms

from importer.imports.models import Import
from importer.sheets import Choice, Format, Inspection
from importer.sheets.text.delimiter import DELIMITERS, NAMES
from importer.sheets.text.encoding import ENCODINGS, label

LAST_ROW = 10_000_000  # no file we take has more
HEADER_ROWS = 10
ROWS = ("header_row", "header_rows", "last_row")


class ReadingForm(forms.Form):
    """What is left out, or left as it is, stays with whom it was decided by."""

    sheet = forms.ChoiceField()
    encoding = forms.ChoiceField()
    delimiter = forms.ChoiceField(label="Separator")
    header_row = forms.IntegerField(
        min_value=0,
        max_value=LAST_ROW,
        help_text="The number of the row that names the columns, as Excel counts. "
        "0 if there is none.",
    )
    header_rows = forms.IntegerField(
        min_value=1,
        max_value=HEADER_ROWS,
        label="Rows of the header",
        help_text="More than 1 where names are spread over several rows.",
    )
    last_row = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=LAST_ROW,
        label="Last row of the data",
        help_text="What stands below it is left out. Blank: we look for totals and notes.",
    )

    def __init__(self, import_: Import, data: Any = None) -> None:
        inspection = import_.inspection
        if inspection is None:
            raise ValueError("the file has not been looked at yet")
        self._choice = import_.choice
        super().__init__(data, initial=_as_read(inspection, self._choice))
        if inspection.reading.format is Format.CSV:
            del self.fields["sheet"]
            self._offer("encoding", {codec: label(codec) for codec in ENCODINGS}, label)
            self._offer("delimiter", DELIMITERS, lambda mark: NAMES.get(mark, mark))
        else:
            del self.fields["encoding"], self.fields["delimiter"]
            self._offer("sheet", {sheet.name: sheet.name for sheet in inspection.sheets}, str)
        if data is not None:
            for name in self.fields.keys() - data.keys():
                self.fields[name].required = False

    def choice(self) -> Choice:
        """What is decided now. On another sheet, or in other letters, rows are looked for anew."""
        if "forget" in self.data:
            return Choice()
        given = {name: self.cleaned_data[name] for name in self.changed()}
        kept = self._choice
        if "sheet" in given:
            kept = Choice()
        if "encoding" in given or "delimiter" in given:
            kept = replace(kept, **dict.fromkeys(ROWS))
        if "header_row" in given:
            kept = replace(kept, header_rows=None)
        elif "header_rows" in given:
            kept = replace(kept, header_row=self.initial["header_row"])
        return replace(kept, **given)

    def changed(self) -> list[str]:
        """The names of what was sent and is not as it was."""
        return [name for name in self.changed_data if name in self.data]

    def _offer(self, name: str, known: dict[str, str], label: Callable[[str], str]) -> None:
        """The choices of a field: what is known, and what the file is read with."""
        present = self.initial[name]
        choices = known if present in known else {present: label(present), **known}
        self.fields[name].choices = list(choices.items())  # type: ignore[attr-defined]


def _as_read(inspection: Inspection, choice: Choice) -> dict[str, Any]:
    """How it is read; or how it was to be read, where that could not be done."""
    reading = inspection.reading
    read = {
        "sheet": reading.sheet,
        "encoding": reading.encoding,
        "delimiter": reading.delimiter,
        "header_row": reading.header_row or 0,
        "header_rows": reading.header_rows,
        "last_row": reading.last_row,
    }
    return read | {name: chosen for name, chosen in asdict(choice).items() if chosen is not None}
