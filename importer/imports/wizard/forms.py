"""What people upload, choose and type in the wizard's first steps, turned into our own types."""

from typing import Any

from django import forms
from django.conf import settings
from django.template.defaultfilters import filesizeformat

from importer.crm.schema import Module, ModuleSummary, Operation
from importer.imports.models import Import
from importer.sheets.table import Reading
from importer.teams.models import Connection

ENCODINGS = [
    ("utf-8", "Unicode (UTF-8)"),
    ("cp1252", "Western European (Windows)"),
    ("iso8859-15", "Western European (ISO)"),
    ("cp1250", "Central European (Windows)"),
    ("cp1251", "Cyrillic (Windows)"),
    ("mac_roman", "Western European (Mac)"),
    ("utf-16", "Unicode (UTF-16)"),
]
DELIMITERS = [(",", "Comma"), (";", "Semicolon"), ("\t", "Tab"), ("|", "Vertical bar")]


class UploadForm(forms.Form):
    """The spreadsheet."""

    file = forms.FileField(
        label="Drop a spreadsheet here, or choose one",
        help_text="Excel (.xlsx, .xlsm) or text (.csv, .tsv). The content decides, not the name.",
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xlsm,.csv,.tsv,.txt"}),
        error_messages={
            "required": "Choose a spreadsheet first.",
            "empty": "This file is empty. Choose another, or save it again and try once more.",
        },
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > settings.UPLOAD_LIMIT_BYTES:
            limit = filesizeformat(settings.UPLOAD_LIMIT_BYTES)
            raise forms.ValidationError(
                f"This file has {filesizeformat(file.size)}; {limit} is the most we take. "
                "Split it, or remove what need not be imported."
            )
        return file


class ReadingForm(forms.Form):
    """How the file is read, where what we detected is not right."""

    sheet = forms.ChoiceField()
    encoding = forms.ChoiceField(choices=ENCODINGS)
    delimiter = forms.ChoiceField(choices=DELIMITERS, label="Separator")
    header_row = forms.IntegerField(
        min_value=0,
        max_value=1000,
        help_text="The number of the row that names the columns, as Excel counts. "
        "0 if there is none.",
    )

    def __init__(self, import_: Import, data: Any = None) -> None:
        reading, inspection = import_.reading, import_.inspection
        if reading is None or inspection is None:
            raise ValueError("the file has not been read yet")
        self._reading = reading
        initial = {
            "sheet": reading.sheet,
            "encoding": reading.encoding,
            "delimiter": reading.delimiter,
            "header_row": reading.header_row or 0,
        }
        super().__init__(data, initial=initial)
        if reading.format == "csv":
            del self.fields["sheet"]
            known = dict(ENCODINGS)
            if reading.encoding and reading.encoding not in known:
                found = (reading.encoding, f"As found ({reading.encoding})")
                _choices(self, "encoding").choices = [found, *ENCODINGS]
        else:
            del self.fields["encoding"], self.fields["delimiter"]
            _choices(self, "sheet").choices = [
                (sheet.name, f"{sheet.name} (hidden)" if sheet.hidden else sheet.name)
                for sheet in inspection.sheets
            ]

    def reading(self) -> Reading:
        chosen = self.cleaned_data
        return Reading(
            format=self._reading.format,
            header_row=chosen["header_row"] or None,
            sheet=chosen.get("sheet"),
            encoding=chosen.get("encoding"),
            delimiter=chosen.get("delimiter"),
        )


class DestinationForm(forms.Form):
    """Where the rows go, and what happens to the records there."""

    connection = forms.ModelChoiceField(Connection.objects.none(), empty_label=None)
    module = forms.ChoiceField()
    operation = forms.ChoiceField(choices=[(o.value, o.value) for o in Operation])
    find_by = forms.ChoiceField(required=False, label="Match field")

    def __init__(
        self,
        data: Any,
        *,
        connections: Any,
        modules: tuple[ModuleSummary, ...],
        module: Module | None,
        initial: dict[str, Any],
    ) -> None:
        super().__init__(data, initial=initial)
        self.fields["connection"].queryset = connections  # type: ignore[attr-defined]
        _choices(self, "module").choices = [(m.api_name, m.label) for m in modules]
        keys = module.key_fields if module else ()
        _choices(self, "find_by").choices = [
            ("", "None"),
            *((key.api_name, key.label) for key in keys),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        updates = cleaned.get("operation") in (Operation.UPDATE, Operation.UPSERT)
        if updates and not cleaned.get("find_by"):
            self.add_error("find_by", "Choose the field that finds the records to change.")
        return cleaned


class TemplateNameForm(forms.Form):
    """A name to keep this import's choices under."""

    name = forms.CharField(max_length=100, label="Name of the template")


def _choices(form: forms.Form, name: str) -> forms.ChoiceField:
    field = form.fields[name]
    if not isinstance(field, forms.ChoiceField):
        raise TypeError(name)
    return field
