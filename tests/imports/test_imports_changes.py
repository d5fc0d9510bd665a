"""The CRM changes under a draft, and a person stops what waits."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from importer.crm import schema
from importer.imports.advance import OUR_FAULT, TRIES, advance_part, drive
from importer.imports.models import Import, Part
from importer.imports.running import pausing, steps
from importer.imports.running.starting import PlanOutdated, plan
from importer.teams.models import ModuleMetadata
from tests.line import CREATE, lost_before
from tests.office import bring_to, checked, finished, leads_csv, parts_of

State = Part.State


def fields_change(change) -> None:
    """What we know of Leads becomes what `change` makes of its fields."""
    known = ModuleMetadata.objects.get(module="Leads")
    module = schema.module_from_json(known.data)
    module = replace(module, fields=tuple(change(module.fields)))
    known.data, known.fingerprint = schema.to_json(module), schema.fingerprint(module)
    known.save()


def without(name: str):
    return lambda fields: [field for field in fields if field.api_name != name]


def needing(name: str):
    return lambda fields: [
        replace(field, required=True) if field.api_name == name else field for field in fields
    ]


@pytest.mark.parametrize("change", [without("Company"), needing("Website")])
def test_draft_that_no_longer_fits_leads_to_its_columns(client, connection, ana, domain, change):
    import_ = checked(connection, ana, leads_csv(domain))
    client.force_login(ana)
    fields_change(change)

    answer = client.get(reverse("imports:go_on", args=[import_.pk]), follow=True)

    assert answer.redirect_chain[-1][0] == reverse("imports:columns", args=[import_.pk])
    with pytest.raises(PlanOutdated):
        plan(Import.objects.get(pk=import_.pk))


def test_stop_does_not_wait_until_the_part_is_due(start, ana):
    import_ = start()
    part = bring_to(import_, State.PACKED)
    pausing.stop(import_, ana)
    Part.objects.update(due_at=timezone.now() + timedelta(minutes=15))

    advance_part(part.pk)

    part.refresh_from_db()
    assert part.state == State.NOT_SENT


def test_waiting_for_the_crm_leaves_patience_for_our_own_faults(start, monkeypatch):
    import_ = start()
    part = bring_to(import_, State.SUBMITTED)
    Part.objects.update(tries=TRIES, due_at=None)
    monkeypatch.setitem(steps.STEPS, State.SUBMITTED, broken)

    advance_part(part.pk)

    part.refresh_from_db()
    assert part.state == State.SUBMITTED
    assert part.faults == 1


@pytest.mark.parametrize(
    ("state", "end"), [(State.UPLOADED, State.NOT_SENT), (State.SETTLING, State.UNKNOWN)]
)
def test_part_whose_steps_never_end_well_is_given_up_truthfully(start, line, state, end):
    line.cut(CREATE, lost_before)
    import_ = start("insert")
    part = bring_to(import_, state)
    Part.objects.update(faults=TRIES, due_at=None)

    advance_part(part.pk)

    part.refresh_from_db()
    assert (part.state, part.reason) == (end, OUR_FAULT)


def test_part_whose_result_can_be_had_is_never_given_up(start):
    import_ = start()
    bring_to(import_, State.SUBMITTED)
    Part.objects.update(faults=TRIES, due_at=None)

    drive(import_)

    assert parts_of(import_)[0].state == State.COLLECTED


def test_result_that_the_crm_no_longer_keeps_is_not_waited_for(start):
    import_ = start()
    part = bring_to(import_, State.SUBMITTED)
    Part.objects.update(submitted_at=timezone.now() - timedelta(days=8), due_at=None)

    advance_part(part.pk)

    part.refresh_from_db()
    assert part.state == State.UNKNOWN
    assert part.reason == steps.RESULT_GONE


def test_result_does_not_depend_on_what_the_fields_are_by_now(client, connection, ana, domain):
    import_ = finished(connection, ana, leads_csv(domain, bad=1))
    client.force_login(ana)
    fields_change(without("Last_Name"))

    page = client.get(reverse("imports:result", args=[import_.pk])).content.decode()

    assert "Held back: Last Name is empty but needed" in page


def broken(*_: object) -> None:
    raise RuntimeError("a fault of ours")
