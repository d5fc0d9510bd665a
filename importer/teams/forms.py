"""What a person types to connect a CRM."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import RegexValidator

from importer.crm.hosts import DATA_CENTRES, Edition
from importer.crm.versions import API_VERSIONS
from importer.teams.connecting import PRACTICE
from importer.teams.models import Connection, Team


class AccessForm(forms.Form):
    """A Self Client of Zoho's API console, and the code that it generated."""

    client_id = forms.CharField(max_length=200, label="Client ID")
    client_secret = forms.CharField(
        max_length=200, widget=forms.PasswordInput(attrs={"autocomplete": "off"})
    )
    grant_code = forms.CharField(
        max_length=300,
        label="Generated code",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="From the tab “Generate Code” of your Self Client. It works once, for minutes.",
    )


class SendingForm(forms.ModelForm[Connection]):
    """How imports use a connection."""

    part_rows = forms.IntegerField(
        label="Rows in a part",
        required=False,
        min_value=1,
        max_value=settings.PART_ROWS,
        help_text=f"At most {settings.PART_ROWS:,}, which is also what is used if left empty. "
        "Each part takes 500 API credits.",
    )
    parts_at_once = forms.IntegerField(
        label="Parts at a time",
        required=False,
        min_value=1,
        max_value=20,
        help_text=f"How many parts the CRM works on; {settings.PARTS_AT_ONCE} if left empty.",
    )
    mark_field = forms.CharField(
        label="Import mark",
        required=False,
        max_length=100,
        validators=[RegexValidator(r"^[A-Za-z]\w*$", "Type an API name, such as Import_Mark.")],
        help_text="API name of a single-line text field, of at least 50 characters, that your "
        "modules have for this alone. Every imported record gets a mark in it, by which its "
        "import and part can be found. Without one, some outcomes can only be told by you.",
    )

    class Meta:
        model = Connection
        fields = ("part_rows", "parts_at_once", "mark_field")


class ConnectionForm(AccessForm):
    """A new connection: also what it is called, and where the account lives."""

    name = forms.CharField(
        max_length=100, help_text="What your team calls this CRM, such as “Zoho production”."
    )
    data_centre = forms.ChoiceField(
        choices=[(key, centre.label) for key, centre in DATA_CENTRES.items()],
        help_text="The ending of the address where you log in to Zoho tells: zoho.eu is Europe.",
    )
    edition = forms.ChoiceField(
        choices=[(edition.value, edition.capitalize()) for edition in Edition],
        help_text="A sandbox or developer edition is there to try things in.",
    )
    api_version = forms.ChoiceField(
        choices=[(version, version) for version in API_VERSIONS],
        label="API version",
        help_text="v7, unless your administrator says otherwise.",
    )
    field_order = ("name", "data_centre", "edition", "api_version")

    def __init__(self, data: Any, *, team: Team) -> None:
        super().__init__(data)
        self._team = team

    def clean_name(self) -> str:
        """A name that the team does not use yet, and that is not the practice CRM's."""
        name: str = self.cleaned_data["name"]
        taken = Connection.objects.filter(team=self._team, name=name).exists()
        if taken or name == PRACTICE:
            raise forms.ValidationError("This name is taken. Choose another.")
        return name
