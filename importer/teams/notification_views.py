"""How people are told: each for themselves, and the team's webhook for those who manage it."""

from collections.abc import Callable
from functools import partial, wraps

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from importer.audit.models import record
from importer.celery import send
from importer.teams.models import User, Webhook
from importer.teams.notification_forms import ToldOfForm, WebhookForm
from importer.teams.requests import TeamRequest
from importer.teams.tasks import try_webhook

View = Callable[[TeamRequest], HttpResponse]


@require_safe
def notifications(request: TeamRequest) -> HttpResponse:
    """What this person is e-mailed about and, for those who manage the team, its webhook.

    htmx asks how the webhook's latest message fared, while one is on its way.
    """
    return _show(request)


@require_POST
def choose(request: TeamRequest) -> HttpResponse:
    """Save what this person wants to be e-mailed about."""
    form = ToldOfForm(request.POST)
    if form.is_valid():
        request.user.told_of = form.cleaned_data["told_of"]
        request.user.save(update_fields=["told_of"])
        messages.success(request, "Saved.")
    return redirect("notifications:notifications")


def of_manager(view: View) -> View:
    """The view changes the team's webhook: a POST, and only by those who manage the team."""

    @require_POST
    @wraps(view)
    def opened(request: TeamRequest) -> HttpResponse:
        if not _manages(request.user):
            raise PermissionDenied
        return view(request)

    return opened


@of_manager
@never_cache
def save_webhook(request: TeamRequest) -> HttpResponse:
    """Set the webhook's address; with the first one its secret is made, and shown this once."""
    form = WebhookForm(request.POST)
    if not form.is_valid():
        return _show(request, form)
    webhook = Webhook.objects.filter(team=request.user.team).first()
    is_new = webhook is None
    if webhook is None:
        webhook = Webhook(team=request.user.team, created_by=request.user).renew_secret()
    webhook.url = form.cleaned_data["url"]
    webhook.failing_since, webhook.fault = None, ""
    with transaction.atomic():
        webhook.save()
        record("webhook_set", webhook, request.user, host=webhook.host)
    if is_new:
        return render(request, "teams/webhook_secret.html", {"webhook": webhook})
    messages.success(request, "The address is saved; the secret is the same as before.")
    return redirect("notifications:notifications")


@of_manager
@never_cache
def renew_secret(request: TeamRequest) -> HttpResponse:
    """A new secret, shown this once; the old one signs nothing any more."""
    webhook = _webhook(request).renew_secret()
    with transaction.atomic():
        webhook.save(update_fields=["secret"])
        record("webhook_secret_renewed", webhook, request.user)
    return render(request, "teams/webhook_secret.html", {"webhook": webhook})


@of_manager
def test_webhook(request: TeamRequest) -> HttpResponse:
    """Have a message that tells of nothing sent; the page shows how that went."""
    webhook = _webhook(request)
    webhook.ask_for_test()
    transaction.on_commit(partial(send, try_webhook, webhook.pk))
    return redirect("notifications:notifications")


@of_manager
def remove_webhook(request: TeamRequest) -> HttpResponse:
    """Tell it nothing more."""
    webhook = _webhook(request)
    with transaction.atomic():
        record("webhook_removed", webhook, request.user, host=webhook.host)
        webhook.delete()
    messages.success(request, "The webhook is removed.")
    return redirect("notifications:notifications")


def _manages(user: User) -> bool:
    return user.manages_team and user.team_id is not None


def _webhook(request: TeamRequest) -> Webhook:
    return get_object_or_404(Webhook, team=request.user.team)


def _show(request: TeamRequest, webhook_form: WebhookForm | None = None) -> HttpResponse:
    context: dict[str, object] = {"form": ToldOfForm(initial={"told_of": request.user.told_of})}
    if _manages(request.user):
        webhook = Webhook.objects.filter(team=request.user.team).first()
        address = webhook.url if webhook else ""
        context |= {
            "webhook": webhook,
            "webhook_form": webhook_form or WebhookForm(initial={"url": address}),
        }
    template = "teams/notifications.html"
    return render(request, f"{template}#delivery" if request.htmx else template, context)
