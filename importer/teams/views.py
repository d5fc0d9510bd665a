"""The team's connections: what there is, and connecting another CRM."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db import connection as database
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static

from importer.audit.models import record
from importer.crm.errors import CrmError
from importer.crm.oauth import SCOPES
from importer.teams import connecting
from importer.teams.forms import AccessForm, ConnectionForm, SendingForm
from importer.teams.models import Connection
from importer.teams.requests import TeamRequest


def connections(request: TeamRequest) -> HttpResponse:
    """All connections of the team."""
    mine = Connection.objects.visible_to(request.user).select_related("created_by")
    return render(request, "teams/connections.html", {"connections": mine})


def connect(request: TeamRequest) -> HttpResponse:
    """Connect another CRM; only for those who manage the team."""
    team = request.user.team
    if team is None or not request.user.manages_team:
        raise PermissionDenied
    form = ConnectionForm(request.POST or None, team=team)
    if form.is_valid():
        try:
            made = connecting.connect(team, request.user, form.cleaned_data)
        except CrmError as error:
            form.add_error(None, f"Zoho did not accept this: {error.message}.")
        else:
            messages.success(request, f"“{made}” is connected.")
            return redirect("teams:connections")
    return render(request, "teams/connect.html", {"form": form, "scopes": ",".join(SCOPES)})


def connect_again(request: TeamRequest, pk: int) -> HttpResponse:
    """New access for a connection that no longer works; its imports go on by themselves."""
    if not request.user.manages_team:
        raise PermissionDenied
    connection = get_object_or_404(Connection.objects.visible_to(request.user), pk=pk)
    form = AccessForm(request.POST or None)
    if form.is_valid():
        try:
            connecting.connect_again(connection, request.user, form.cleaned_data)
        except CrmError as error:
            form.add_error(None, f"Zoho did not accept this: {error.message}.")
        else:
            messages.success(request, f"“{connection}” is connected again.")
            return redirect("teams:connections")
    context = {"form": form, "scopes": ",".join(SCOPES), "connection": connection}
    return render(request, "teams/connect.html", context)


def sending(request: TeamRequest, pk: int) -> HttpResponse:
    """How imports use a connection: the size of parts, how many at a time, the import mark."""
    if not request.user.manages_team:
        raise PermissionDenied
    connection = get_object_or_404(Connection.objects.visible_to(request.user), pk=pk)
    form = SendingForm(request.POST or None, instance=connection)
    if form.is_valid():
        form.instance.save(update_fields=form.Meta.fields)
        record("sending_chosen", connection, request.user, **form.cleaned_data)
        messages.success(request, f"Saved. Imports into “{connection}” begin so from now on.")
        return redirect("teams:connections")
    return render(request, "teams/sending.html", {"form": form, "connection": connection})


@login_not_required
def favicon(request: HttpRequest) -> HttpResponse:
    """For pages that do not name one, such as the admin's."""
    return redirect(static("favicon.svg"))


@login_not_required
def health(request: HttpRequest) -> HttpResponse:
    """Whether the web server and its database answer."""
    with database.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")
