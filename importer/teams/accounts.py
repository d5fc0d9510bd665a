"""How people log in: accounts are made by an admin, never by signing up."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from importer.audit.models import record
from importer.teams.models import User


class LogInFirst(LoginRequiredMiddleware):
    """Nobody gets further without logging in; a fragment's request reloads its whole page."""

    def handle_no_permission(  # type: ignore[override]  # also what is no redirect
        self, request: HttpRequest, view_func: Any
    ) -> HttpResponseBase:
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Refresh": "true"})
        return super().handle_no_permission(request, view_func)


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
