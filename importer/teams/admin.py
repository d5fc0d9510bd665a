"""Where a superuser makes teams and people."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from importer.teams.models import Connection, Team, User

admin.site.register(Team)


@admin.register(User)
class PersonAdmin(UserAdmin[User]):
    list_display = ["username", "email", "team", "manages_team", "is_staff"]
    list_filter = ["team", "manages_team", "is_active"]
    list_select_related = ["team"]
    fieldsets = [*(UserAdmin.fieldsets or []), ("Team", {"fields": ["team", "manages_team"]})]
    add_fieldsets = [
        *UserAdmin.add_fieldsets,
        ("Team", {"fields": ["team", "manages_team"]}),
    ]


@admin.register(Connection)
class ConnectionAdmin(admin.ModelAdmin[Connection]):
    """Shows a connection without its secrets."""

    list_display = ["name", "team", "api_url", "api_version", "created_by", "created_at"]
    list_filter = ["team"]
    list_select_related = ["team", "created_by"]
    fields = ["team", "name", "api_version", "api_url", "created_by", "created_at"]
    readonly_fields = ["team", "api_url", "created_by", "created_at"]

    def has_add_permission(self, request: object, obj: object = None) -> bool:
        return False
