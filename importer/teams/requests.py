"""The request as our views see it: a person is logged in, and htmx may have sent it."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from importer.teams.models import User


class TeamRequest(HttpRequest):
    """`LoginRequiredMiddleware` lets nobody else through."""

    user: User
    htmx: HtmxDetails
