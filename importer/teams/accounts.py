"""How people log in: accounts are made by an admin, never by signing up."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse

from importer.audit.models import record
from importer.teams.models import User


class ClosedSignup(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """No one can open an account for themselves."""

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """Every log-in of a team's person is on record."""
        if user.team_id:
            record("signed_in", user, user)
        answer: HttpResponse = super().post_login(request, user, **kwargs)
        return answer

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
