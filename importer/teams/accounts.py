"""How people log in: accounts are made by an admin, never by signing up."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedSignup(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """No one can open an account for themselves."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
