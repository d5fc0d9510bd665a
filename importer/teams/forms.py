"""What a person types to connect a CRM."""

from typing import Any

from django import forms

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
