"""What a person chooses about being told, and where a team's webhook leads."""

from typing import Any

from django import forms
from django.conf import settings

from importer import webhooks
from importer.teams.models import User


class ToldOfForm(forms.Form):
    """What one person gets e-mails about."""

    told_of = forms.ChoiceField(
        choices=User.ToldOf, widget=forms.RadioSelect, label="E-mail me about"
    )


class WebhookForm(forms.Form):
    """Where messages go."""

    url = forms.URLField(
        label="Address",
        max_length=1000,
        assume_scheme="https",
        help_text="It must begin with https:// and be reachable on the public internet.",
    )

    def clean_url(self) -> Any:
        """An address that nothing speaks against."""
        url: str = self.cleaned_data["url"]
        wrong = webhooks.wrong_with(url, local=settings.WEBHOOK_TO_THIS_MACHINE)
        if wrong:
            raise forms.ValidationError(wrong)
        return url
