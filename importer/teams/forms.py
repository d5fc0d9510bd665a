"""What a person types to connect a CRM."""

from typing import Any

from django import forms

from importer.crm.hosts import DATA_CENTRES
from importer.teams.models import Connection, Team


class ConnectionForm(forms.Form):
    """A Self Client of Zoho's API console, and the data centre that the account lives in."""

    name = forms.CharField(
        max_length=100, help_text="What your team calls this CRM, such as “Zoho production”."
    )
    data_centre = forms.ChoiceField(
        choices=[(key, centre.label) for key, centre in DATA_CENTRES.items()],
        help_text="The ending of the address where you log in to Zoho tells: zoho.eu is Europe.",
    )
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

    def __init__(self, data: Any, *, team: Team) -> None:
        super().__init__(data)
        self._team = team

    def clean_name(self) -> str:
        """A name that the team does not use yet."""
        name: str = self.cleaned_data["name"].strip()
        if Connection.objects.filter(team=self._team, name=name).exists():
            raise forms.ValidationError("Your team has a connection of this name. Choose another.")
        return name

    def clean(self) -> dict[str, Any]:
        """Blanks around what was pasted are nobody's wish."""
        cleaned = super().clean() or {}
        return {key: value.strip() for key, value in cleaned.items()}
