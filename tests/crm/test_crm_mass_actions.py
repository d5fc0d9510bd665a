"""Mass update and mass delete, by ids and by view, against the practice CRM."""

import pytest

from importer.crm.bulk_read import Criterion, Group
from importer.crm.client import CrmClient
from importer.crm.errors import CrmRefused
from importer.crm.jobs import JobState
from importer.crm.mass_actions import MassJob
from importer.crm.outcomes import Action
from tests.crm.work import ALL_LEADS, EUROPE, LEAD, statuses, until_ended
from tests.practice.controls import suffer

NOBODY = "5725767000009999999"


@pytest.fixture
def crm(caller, connect) -> CrmClient:
    return connect()


def new_leads(crm: CrmClient, number: int) -> list[str]:
    """The ids of as many new leads, at most 500."""
    batches = [min(100, number - start) for start in range(0, number, 100)]
    return [o.id for size in batches for o in crm.records.insert("Leads", [LEAD] * size)]


def test_mass_update_gives_all_records_the_value(crm):
    ids = new_leads(crm, 3)

    outcomes = crm.mass_actions.update("Leads", [*ids, NOBODY], {"City": "Delft"})

    assert [(o.id, o.action, o.ok) for o in outcomes] == [
        *((one, Action.UPDATE, True) for one in ids),
        (NOBODY, Action.UPDATE, False),
    ]
    assert outcomes[-1].code == "INVALID_DATA"
    found = crm.records.get("Leads", ids, ["City"])
    assert {record.values["City"] for record in found} == {"Delft"}


def test_mass_delete_takes_five_hundred_records(crm):
    ids = new_leads(crm, 500)

    outcomes = crm.mass_actions.delete("Leads", ids)

    assert [o.id for o in outcomes] == ids
    assert {(o.ok, o.action) for o in outcomes} == {(True, Action.DELETE)}
    assert list(crm.records.get("Leads", ids, ["City"])) == []


def test_mass_delete_of_one_record_that_is_gone_tells_so(crm):
    [outcome] = crm.mass_actions.delete("Leads", [NOBODY])

    assert (outcome.ok, outcome.was_gone) == (False, True)


def test_mass_delete_whose_answer_is_lost_is_made_again(crm, caller):
    ids = new_leads(crm, 2)
    suffer(caller, "drop", on="POST /crm/*/mass_delete", moment="after")

    outcomes = crm.mass_actions.delete("Leads", ids)

    assert [o.was_gone for o in outcomes] == [True, True]


def test_mass_actions_take_no_more_than_the_crm(crm):
    with pytest.raises(ValueError, match="1 to 500"):
        crm.mass_actions.delete("Leads", [NOBODY] * 501)
    with pytest.raises(ValueError, match="1 to 500"):
        crm.mass_actions.update("Leads", [], {"City": "Delft"})


def test_mass_update_of_a_view_is_followed_to_its_end(crm):
    new_leads(crm, 3)
    total = crm.records.count("Leads")

    job_id = crm.mass_actions.update_view("Leads", ALL_LEADS, {"City": "Utrecht"})
    job = until_ended(lambda: crm.mass_actions.update_job("Leads", job_id))

    assert job == MassJob(JobState.DONE, total=total, done=total, unchanged=0, failed=0)
    found = crm.records.all("Leads", ["City"])
    assert {record.values["City"] for record in found} == {"Utrecht"}


def test_mass_delete_of_a_view_is_followed_to_its_end(crm):
    new_leads(crm, 3)
    total = crm.records.count("Leads")

    job_id = crm.mass_actions.delete_view("Leads", ALL_LEADS)
    job = until_ended(lambda: crm.mass_actions.delete_job("Leads", job_id))

    assert job == MassJob(JobState.DONE, total=total, done=total, unchanged=0, failed=0)
    assert list(crm.records.all("Leads", ["City"])) == []


def leads_of(crm: CrmClient, *countries: str) -> None:
    """A lead of each country, and no other."""
    crm.mass_actions.delete("Leads", [one.id for one in crm.records.all("Leads", ["id"])])
    crm.records.insert("Leads", [{**LEAD, "Country": country} for country in countries])


@pytest.mark.parametrize(
    ("territory", "updated"),
    [
        ({"territory": EUROPE}, {"Sweden"}),
        ({"territory": EUROPE, "subterritories": True}, {"Sweden", "Spain"}),
    ],
)
def test_mass_update_of_a_view_stays_within_a_territory(crm, territory, updated):
    leads_of(crm, "Sweden", "Spain", "Japan")

    job_id = crm.mass_actions.update_view("Leads", ALL_LEADS, {"City": "Delft"}, **territory)
    until_ended(lambda: crm.mass_actions.update_job("Leads", job_id))

    found = crm.records.all("Leads", ["City", "Country"])
    delft = {one.values["Country"] for one in found if one.values["City"] == "Delft"}
    assert delft == updated


def test_mass_delete_of_a_view_stays_within_a_territory(crm):
    leads_of(crm, "Sweden", "Spain", "Japan")

    job_id = crm.mass_actions.delete_view("Leads", ALL_LEADS, territory=EUROPE)
    until_ended(lambda: crm.mass_actions.delete_job("Leads", job_id))

    left = crm.records.all("Leads", ["Country"])
    assert {one.values["Country"] for one in left} == {"Spain", "Japan"}


def test_mass_update_of_a_view_takes_criteria_from_v8_on(caller, connect):
    crm = connect(api_version="v8")
    leads_of(crm, "Sweden", "Spain", "Japan")
    either = Group(
        "or", (Criterion("Country", "equal", "Spain"), Criterion("Country", "in", ("Japan",)))
    )

    job_id = crm.mass_actions.update_view("Leads", ALL_LEADS, {"City": "Delft"}, criteria=(either,))
    job = until_ended(lambda: crm.mass_actions.update_job("Leads", job_id))

    assert (job.total, job.done) == (2, 2)


def test_mass_update_with_criteria_that_a_version_would_overlook_is_not_sent(crm, caller):
    with pytest.raises(CrmRefused, match="no criteria"):
        crm.mass_actions.update_view(
            "Leads", ALL_LEADS, {"City": "Delft"}, criteria=(Criterion("City", "equal", "Pune"),)
        )

    assert statuses(caller, "POST /crm/v7/Leads/actions/mass_update") == []


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("SCHEDULED", JobState.QUEUED),
        ("RUNNING", JobState.RUNNING),
        ("COMPLETED", JobState.DONE),
        ("FAILED", JobState.FAILED),
    ],
)
def test_mass_job_is_told_in_our_words(crm, caller, status, state):
    told = {"Status": status, "Total_Count": 9, "Updated_Count": 5, "Not_Updated_Count": 3}
    body = {"data": [{**told, "Failed_Count": 1}]}
    suffer(caller, "answer", on="GET /crm/*/mass_update", status=200, body=body)

    job = crm.mass_actions.update_job("Leads", "57")

    assert job == MassJob(state, total=9, done=5, unchanged=3, failed=1)


def test_mass_action_on_an_unknown_job_or_view_is_refused(crm):
    with pytest.raises(CrmRefused, match="NOT_FOUND"):
        crm.mass_actions.update_job("Leads", NOBODY)
    with pytest.raises(CrmRefused, match="INVALID_DATA"):
        crm.mass_actions.delete_view("Leads", NOBODY)
