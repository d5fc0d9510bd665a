"""Where an admin finds any import ever made and reads its story, without touching it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from importer.audit.admin import ReadOnlyAdmin
from importer.audit.models import Event
from importer.imports.causes import LABELS
from importer.imports.models import Import, Part


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin):
    """All past imports: who, when, where to, and what came of it."""

    list_display = [
        "source_name",
        "created_by",
        "created_at",
        "module",
        "operation",
        "state",
        "balance_line",
    ]
    list_filter = [
        "state",
        "module",
        "operation",
        ("created_at", admin.DateFieldListFilter),
        ("created_by", admin.RelatedOnlyFieldListFilter),
    ]
    list_select_related = ["created_by", "team", "connection"]
    search_fields = ["source_name", "source_sha256", "created_by__username", "id"]
    date_hierarchy = "created_at"
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "source_name",
                    "team",
                    "created_by",
                    "created_at",
                    "state",
                    "state_reason",
                ]
            },
        ),
        ("File", {"fields": ["source_bytes", "source_sha256", "how_read"]}),
        ("Destination", {"fields": ["connection", "module", "operation", "find_by"]}),
        ("Mapping", {"fields": ["mapping_table"]}),
        ("Parts", {"fields": ["parts_table"]}),
        ("Outcome", {"fields": ["balance_line", "confirmed_at", "finished_at"]}),
        ("Story", {"fields": ["story"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [name for _, part in self.fieldsets or [] for name in part["fields"]]  # type: ignore[misc]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("inspection_json", "questions_json")

    @admin.display(description="How it was read")
    def how_read(self, import_: Import) -> str:
        told = ((import_.inspection_json or {}).get("reading") or {}).items()
        return ", ".join(f"{name.replace('_', ' ')} {fact}" for name, fact in told if fact)

    @admin.display(description="Balance")
    def balance_line(self, import_: Import) -> str:
        counts = import_.balance_json or {}
        told = [f"{counts[o]:,} {label}" for o, label in LABELS.items() if counts.get(o)]
        return f"{counts['rows']:,} rows: {', '.join(told)}" if counts else "–"

    @admin.display(description="Columns")
    def mapping_table(self, import_: Import) -> SafeString:
        return render_to_string("admin/imports/mapping.html", {"mapping": import_.mapping})

    @admin.display(description="Parts")
    def parts_table(self, import_: Import) -> SafeString:
        parts = Part.objects.of(import_.pk).select_related("run")
        return render_to_string("admin/imports/parts.html", {"parts": parts})

    @admin.display(description="Events")
    def story(self, import_: Import) -> SafeString:
        events = Event.objects.about(import_).select_related("actor")
        return render_to_string("admin/imports/story.html", {"events": events})
