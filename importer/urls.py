"""Where everything answers."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from importer.imports.callbacks import callback
from importer.teams.views import favicon, health

# One log-in for all, with its rate limits.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="imports:list")),
    path("health", health),
    path("favicon.ico", favicon),
    path("callbacks/<str:token>", callback, name="callback"),
    path("accounts/", include("allauth.account.urls")),
    path("admin/", admin.site.urls),
    path("imports/", include("importer.imports.urls")),
    path("templates/", include("importer.import_templates.urls")),
    path("connections/", include("importer.teams.urls")),
    path("notices/", include("importer.imports.notice_urls")),
    path("notifications/", include("importer.teams.notification_urls")),
]
