"""Each person chooses their e-mails; the team's webhook is for those who manage the team."""

import json
import re

import pytest
from django.urls import reverse

from importer.audit.models import Event
from importer.teams import notification_views as views
from importer.teams import tasks
from importer.teams.models import User, Webhook
from importer.webhooks import signature
from tests.receiver import receiver

PAGE = reverse("notifications:notifications")
HOOK = "https://hooks.example.com/in?key=k"
OF_MANAGERS = ["save_webhook", "renew_secret", "test_webhook", "remove_webhook"]


def post(client, name: str, **data: str):
    return client.post(reverse(f"notifications:{name}"), data)


def secret_in(answer) -> str:
    """The secret that a page shows."""
    [secret] = re.findall(r"<code>([\w-]{43})</code>", answer.content.decode())
    return secret


def delivery(client) -> str:
    """What htmx gets of the page."""
    answer = client.get(PAGE, headers={"HX-Request": "true", "HX-Target": "delivery"})
    assert "<html" not in answer.content.decode()
    return answer.content.decode()


@pytest.fixture
def manager(client, boss):
    client.force_login(boss)
    return client


def test_person_chooses_what_to_be_e_mailed_about(client, ana, boss):
    client.force_login(ana)

    post(client, "choose", told_of="problems")

    assert User.objects.get(pk=ana.pk).told_of == User.ToldOf.PROBLEMS
    assert User.objects.get(pk=boss.pk).told_of == User.ToldOf.ALL
    assert re.search(r'value="problems"[^>]*checked', client.get(PAGE).content.decode())


def test_choice_that_is_none_changes_nothing(client, ana):
    client.force_login(ana)

    post(client, "choose", told_of="gossip")

    assert User.objects.get(pk=ana.pk).told_of == User.ToldOf.ALL


def test_person_without_an_address_is_told_that_it_lacks(client, ana):
    client.force_login(ana)
    without = client.get(PAGE).content.decode()
    User.objects.filter(pk=ana.pk).update(email="ana@example.com")

    assert "We have no e-mail address for you" in without
    assert "To ana@example.com" in client.get(PAGE).content.decode()


def test_first_address_makes_a_secret_that_is_shown_once(manager, team):
    shown = post(manager, "save_webhook", url=HOOK)

    webhook = Webhook.objects.get(team=team)
    assert webhook.url == HOOK
    assert secret_in(shown) == webhook.secret
    assert "no-store" in shown.headers["Cache-Control"]
    assert webhook.secret not in manager.get(PAGE).content.decode()
    again = post(manager, "save_webhook", url=f"{HOOK}2")
    assert again.status_code == 302
    assert Webhook.objects.get().secret == webhook.secret


def test_new_secret_takes_the_place_of_the_old(manager):
    old = secret_in(post(manager, "save_webhook", url=HOOK))

    new = secret_in(post(manager, "renew_secret"))

    assert new != old
    assert Webhook.objects.get().secret == new


@pytest.mark.parametrize("url", ["http://example.com/", "https://192.168.0.1/", "nonsense", ""])
def test_address_that_cannot_be_used_is_refused_with_a_reason(manager, url):
    answer = post(manager, "save_webhook", url=url)

    assert answer.status_code == 200
    assert 'id="id_url_error"' in answer.content.decode()
    assert not Webhook.objects.exists()


def test_test_message_arrives_signed_or_says_why_not(manager, team, settings):
    settings.WEBHOOK_TO_THIS_MACHINE = True
    with receiver() as program:
        secret = secret_in(post(manager, "save_webhook", url=program.address))
        post(manager, "test_webhook")
        tasks.try_webhook(Webhook.objects.get().pk)
        arrived = delivery(manager)
        program.status = 500
        post(manager, "test_webhook")
        tasks.try_webhook(Webhook.objects.get().pk)
        failed = delivery(manager)

    headers, body = program.got[0]
    at = int(re.findall(r"t=(\d+)", headers["X-Importer-Signature"])[0])
    assert headers["X-Importer-Signature"] == signature(secret, at, body)
    assert json.loads(body) == {"id": headers["X-Importer-Delivery"], "event": "test"}
    assert "The latest message arrived" in arrived
    assert "It answered with HTTP status 500." in failed
    assert "hx-get" not in arrived + failed


def test_test_message_is_sent_by_a_worker_and_the_page_asks_until_it_is(
    manager, settings, monkeypatch, django_capture_on_commit_callbacks
):
    settings.WEBHOOK_TO_THIS_MACHINE = True
    sent = []
    monkeypatch.setattr(views, "send", lambda task, pk: sent.append((task, pk)))
    with receiver() as program:
        post(manager, "save_webhook", url=program.address)
        with django_capture_on_commit_callbacks(execute=True):
            post(manager, "test_webhook")
        waiting = delivery(manager)
        before = len(program.got)
        tasks.try_webhook(sent[0][1])
        tasks.try_webhook(sent[0][1])  # doubled

    webhook = Webhook.objects.get()
    assert sent == [(tasks.try_webhook, webhook.pk)]
    assert before == 0
    assert len(program.got) == 1
    assert "The test message is on its way." in waiting
    assert "hx-get" in waiting
    assert webhook.test_asked_at is None


def test_webhook_is_removed(manager):
    post(manager, "save_webhook", url=HOOK)

    post(manager, "remove_webhook")

    assert not Webhook.objects.exists()


def test_what_is_done_to_the_webhook_is_on_record_without_its_secrets(manager, boss):
    post(manager, "save_webhook", url=HOOK)
    post(manager, "renew_secret")
    post(manager, "remove_webhook")

    events = Event.objects.filter(subject_type="webhook")
    assert [event.kind for event in events] == [
        "webhook_set",
        "webhook_secret_renewed",
        "webhook_removed",
    ]
    assert {event.actor for event in events} == {boss}
    assert "key" not in json.dumps([event.detail for event in events])


@pytest.mark.parametrize("name", OF_MANAGERS)
def test_webhook_is_for_those_who_manage_the_team(client, ana, manager, name):
    post(manager, "save_webhook", url=HOOK)
    before = Webhook.objects.values().get()
    client.force_login(ana)

    answer = post(client, name, url="https://evil.example/")

    assert answer.status_code == 403
    assert "Webhook" not in client.get(PAGE).content.decode()
    assert Webhook.objects.values().get() == before


@pytest.mark.parametrize("name", ["renew_secret", "test_webhook", "remove_webhook"])
def test_webhook_of_another_team_is_out_of_reach(manager, client, stranger, name):
    post(manager, "save_webhook", url=HOOK)
    client.force_login(stranger)

    assert post(client, name).status_code == 404
    assert "hooks.example.com" not in client.get(PAGE).content.decode()
    assert Webhook.objects.exists()


def test_manager_of_no_team_has_no_webhook(client, boss):
    User.objects.filter(pk=boss.pk).update(team=None)
    client.force_login(boss)

    assert post(client, "save_webhook", url=HOOK).status_code == 403
    assert client.get(PAGE).status_code == 200
