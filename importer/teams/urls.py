"""Addresses of the connections' pages."""

from django.urls import path

from importer.teams import views

app_name = "teams"
urlpatterns = [
    path("", views.connections, name="connections"),
    path("new/", views.connect, name="connect"),
    path("<int:pk>/", views.connect_again, name="connect_again"),
    path("<int:pk>/sending/", views.sending, name="sending"),
]
