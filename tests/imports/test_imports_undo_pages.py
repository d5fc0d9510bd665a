"""The pages of undo: looked at, told in numbers, confirmed; for the team and for its time."""

from datetime import timedelta

import pytest
from django.utils import timezone

from importer.audit.models import Event
from importer.crm.schema import Module
from importer.imports.models import Import, Run
from importer.imports.running import undoing
from importer.imports.running.undoing import UndoPlan
from importer.imports.wizard.undo import sentences
from tests.line import not_reached
from tests.office import Wizard, leads_csv

CONTACTS = Module("Contacts", "Contacts", "Contact", ())


@pytest.fixture
def done(client, ana, connection, domain) -> Wizard:
    """Ana's browser on an import that created three leads."""
    client.force_login(ana)
    wizard = Wizard.upload(client, leads_csv(domain))
    wizard.to_check(connection)
    wizard.confirm()
    return wizard


def edit(crm, record, **values) -> None:
    body = {"data": [{"id": record["id"], **values}]}
    crm.caller.http.put("/crm/v7/Leads", json=body).raise_for_status()


def test_undo_is_asked_for_shown_and_confirmed(done, crm, domain, ana):
    edit(crm, crm.leads(domain)[f"p2@{domain}"], Company="Edited Ltd")
    assert "Undo this import" in done.page("result")

    assert done.send("undo") == "undo"
    page = done.page("undo")
    assert "Undo will delete 2 new leads." in page
    assert "1 was edited by people since and will be left as it is." in page
    assert "changed Company" in page
    assert "recycle bin" in page
    run = undoing.draft(done.import_)
    assert done.send("confirm_undo", run=run.pk) == "progress"

    assert set(crm.leads(domain)) == {f"p2@{domain}"}
    result = done.page("result")
    assert "1 record was kept because people edited it." in result
    assert "Taken back" in result
    acts = Event.objects.about(done.import_).filter(actor=ana).values_list("kind", flat=True)
    assert {"undo_asked_for", "undo_previewed", "undo_confirmed"} <= set(acts)


def test_page_waits_while_the_records_are_looked_at(done):
    done.post("undo")

    assert "Looking at what can be undone" in done.page("undo")


def test_undo_that_is_not_looked_at_yet_leads_back(done):
    assert done.get("undo").url == done.url("result")


def test_crm_that_cannot_be_reached_is_told(done, line):
    done.post("undo")
    line.cut(("GET", "/Leads"), not_reached, times=20)
    done.work()

    assert done.get("undo").url == done.url("result")
    assert "The CRM could not be asked" in done.page("result")


def test_undo_is_for_the_team_alone(done, client, stranger):
    done.send("undo")
    run = undoing.draft(done.import_)
    client.force_login(stranger)

    assert done.get("undo").status_code == 404
    assert done.post("undo").status_code == 404
    assert done.post("confirm_undo", run=run.pk).status_code == 404
    assert done.import_.state == Import.State.DONE


def test_undo_is_over_after_its_days(done, settings):
    done.send("undo")
    run = undoing.draft(done.import_)
    Run.objects.update(finished_at=timezone.now() - timedelta(days=settings.UNDO_DAYS, minutes=1))

    assert "Undo this import" not in done.page("result")
    assert done.post("confirm_undo", run=run.pk).status_code == 302
    assert done.post("undo").status_code == 302
    assert done.import_.state == Import.State.DONE
    assert not done.import_.work


def test_undo_of_something_else_than_was_shown_is_not_confirmed(done, crm, domain):
    done.send("undo")
    shown = undoing.draft(done.import_).pk
    done.send("undo")

    done.send("confirm_undo", run=shown)

    assert len(crm.leads(domain)) == 3
    assert done.import_.state == Import.State.DONE


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        (
            UndoPlan(delete=412, restore=96, kept=5),
            [
                "Undo will delete 412 new contacts and put back 96 changed ones.",
                "5 were edited by people since and will be left as they are.",
            ],
        ),
        (UndoPlan(delete=1), ["Undo will delete 1 new contact."]),
        (UndoPlan(restore=1), ["Undo will put back 1 changed contact."]),
        (
            UndoPlan(delete=1, restore=1),
            ["Undo will delete 1 new contact and put back 1 changed one."],
        ),
        (
            UndoPlan(impossible=1200),
            [
                "There is nothing that undo could take back.",
                "1,200 cannot be put back: the values from before the run were not kept.",
            ],
        ),
        (
            UndoPlan(delete=3, gone=1, back=2),
            [
                "Undo will delete 3 new contacts.",
                "1 of the new ones is deleted already.",
                "2 of the changed ones have the values from before.",
            ],
        ),
    ],
)
def test_undo_is_told_in_numbers(plan, told):
    assert sentences(plan, CONTACTS) == told
