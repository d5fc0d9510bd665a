"""Read-only admin pages, limited to the admin's own team."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from importer.audit.models import Event


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Pages to look at: a superuser sees everything, a team's manager their own team's."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        if request.user.is_superuser:
            return rows
        return rows.filter(team=request.user.team_id)  # type: ignore[union-attr]

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        user = request.user
        return user.is_superuser or bool(getattr(user, "manages_team", False) and user.is_staff)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ["at", "team", "actor", "words", "subject_type", "subject_id"]
    list_filter = ["kind", "subject_type", ("at", admin.DateFieldListFilter)]
    list_select_related = ["team", "actor"]
    search_fields = ["subject_id", "kind", "actor__username"]
    date_hierarchy = "at"
