"""Addresses of the pages about how people are told."""

from django.urls import path

from importer.teams import notification_views as views

app_name = "notifications"
urlpatterns = [
    path("", views.notifications, name="notifications"),
    path("choose/", views.choose, name="choose"),
    path("webhook/", views.save_webhook, name="save_webhook"),
    path("webhook/secret/", views.renew_secret, name="renew_secret"),
    path("webhook/test/", views.test_webhook, name="test_webhook"),
    path("webhook/remove/", views.remove_webhook, name="remove_webhook"),
]
