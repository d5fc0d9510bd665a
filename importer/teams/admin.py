"""Where a superuser makes teams and people."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from importer.audit.models import record
from importer.teams.models import Connection, Team, User


class Recorded(admin.ModelAdmin[Any]):
    """What a superuser changes here is on record like everything else."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if obj.team_id:
            kind = "changed" if change else "added"
            record(f"{kind}_in_admin", obj, request.user, fields=form.changed_data)


@admin.register(Team)
class TeamAdmin(Recorded):
    list_display = ["name"]

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        return False


@admin.register(User)
class PersonAdmin(Recorded, UserAdmin[User]):
    list_display = ["username", "email", "team", "manages_team", "is_staff"]
    list_filter = ["team", "manages_team", "is_active"]
    list_select_related = ["team"]
    fieldsets = [*(UserAdmin.fieldsets or []), ("Team", {"fields": ["team", "manages_team"]})]
    add_fieldsets = [
        *UserAdmin.add_fieldsets,
        ("Team", {"fields": ["team", "manages_team"]}),
    ]


@admin.register(Connection)
class ConnectionAdmin(Recorded):
    """Shows a connection without its secrets."""

    list_display = ["name", "team", "api_url", "api_version", "created_by", "created_at"]
    list_filter = ["team"]
    list_select_related = ["team", "created_by"]
    fields = ["team", "name", "api_version", "api_url", "created_by", "created_at"]
    readonly_fields = ["team", "api_url", "created_by", "created_at"]

    def has_add_permission(self, request: object, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        return False
