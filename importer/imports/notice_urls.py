"""Addresses of the page of notices."""

from django.urls import path

from importer.imports import notice_views

app_name = "notices"
urlpatterns = [
    path("", notice_views.notices, name="list"),
    path("<uuid:pk>/", notice_views.see, name="see"),
    path("read/", notice_views.read_all, name="read_all"),
]
