"""Addresses of the templates' pages."""

from django.urls import path

from importer.import_templates import views

app_name = "import_templates"
urlpatterns = [
    path("", views.templates, name="list"),
    path("<int:pk>/delete/", views.delete, name="delete"),
]
