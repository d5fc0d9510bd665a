"""What people upload, choose and type in the wizard's first steps, turned into our own types."""

from pathlib import PurePath
from typing import Any

from django import forms
from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.template.defaultfilters import filesizeformat

from importer.crm.schema import Module, ModuleSummary, Operation
from importer.teams.models import Connection

ACCEPTED = ".xlsx,.xlsm,.xlsb,.xls,.ods,.csv,.tsv,.txt,.zip,.gz"
EMPTY = "This file is empty. Choose another, or save it again and try once more."
NOTHING_PASTED = "Nothing was pasted. Copy the cells in your spreadsheet, then paste them here."


class UploadForm(forms.Form):
    """The spreadsheet."""

    file = forms.FileField(
        label="Drop a spreadsheet here, or choose one",
        help_text="Excel (.xlsx, .xlsm, .xlsb, .xls), OpenDocument (.ods) or text (.csv, .tsv,"
        " .txt), zipped (.zip, .gz) or not. The content decides, not the name.",
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
        error_messages={"required": "Choose a spreadsheet first.", "empty": EMPTY},
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        _refuse_too_large(file.size)
        return file

    def source(self) -> File[bytes]:
        return self.cleaned_data["file"]  # type: ignore[no-any-return]


class PasteForm(forms.Form):
    """A table from the clipboard, as spreadsheets and browsers put it there: tabs and lines."""

    text = forms.CharField(
        strip=False,  # a first cell may be blank
        label="Or paste a table",
        help_text="Copy the cells in Excel, Google Sheets or a web page, with their headings.",
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "autocomplete": "off"}),
        error_messages={"required": NOTHING_PASTED},
    )

    def clean_text(self) -> bytes:
        """Text in, UTF-8 out."""
        text: str = self.cleaned_data["text"]
        if not text.strip():
            raise forms.ValidationError(NOTHING_PASTED)
        content = text.encode()
        _refuse_too_large(len(content))
        return content

    def source(self) -> File[bytes]:
        return ContentFile(self.cleaned_data["text"], name="Pasted table.tsv")


class AnnouncementForm(forms.Form):
    """A file that a script is about to send: what its browser knows about it."""

    name = forms.CharField(max_length=1024)
    size = forms.IntegerField()  # bytes
    modified = forms.IntegerField(min_value=-(2**53), max_value=2**53)  # ms since 1970

    def clean_name(self) -> str:
        """A name without folders, as long as we keep one."""
        name = PurePath(self.cleaned_data["name"]).name
        return name[:255] if name not in ("", "..") else "file"

    def clean_size(self) -> int:
        size: int = self.cleaned_data["size"]
        if size <= 0:
            raise forms.ValidationError(EMPTY)
        _refuse_too_large(size)
        return size


def _refuse_too_large(size: int) -> None:
    if size > settings.UPLOAD_LIMIT_BYTES:
        limit = filesizeformat(settings.UPLOAD_LIMIT_BYTES)
        raise forms.ValidationError(
            f"This file has {filesizeformat(size)}; {limit} is the most we take. "
            "Split it, or remove what need not be imported."
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
