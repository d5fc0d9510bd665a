"""Tasks, meetings and calls: what they are about, and what they need."""

from typing import Any

import pytest

from tests.practice.caller import Caller
from tests.practice.records_calls import added, codes, first, write

MEETING = {
    "Event_Title": "Harbour walk",
    "Start_DateTime": "2027-03-01T09:00:00+01:00",
    "End_DateTime": "2027-03-01T10:00:00+01:00",
    "Remind_At": "2027-03-01T08:45:00+01:00",
}
CALL = {
    "Subject": "First call",
    "Call_Type": "Outbound",
    "Call_Start_Time": "2127-03-01T09:00:00+01:00",
    "Call_Duration": "00:10",
}
ACTIVITIES: dict[str, dict[str, Any]] = {
    "Tasks": {"Subject": "Prepare"},
    "Events": MEETING,
    "Calls": CALL,
}


@pytest.mark.parametrize("activity", ACTIVITIES)
@pytest.mark.parametrize(
    ("about", "query"),
    [
        ("Leads", "select id from Leads where Last_Name = 'Haddad'"),
        ("Deals", "select id from Deals where Deal_Reference = 'D-501'"),
        ("Machines", "select id from Machines where Name = 'Forklift'"),
    ],
)
def test_activity_is_about_a_record_of_the_module_it_names(caller: Caller, activity, about, query):
    target = caller.find(query)[0]["id"]
    what = {"What_Id": {"id": target}, "$se_module": about}

    record = added(caller, activity, **ACTIVITIES[activity], **what)

    names = {"Leads": "Leila Haddad", "Deals": "Winch renewal", "Machines": "Forklift"}
    shown = caller.record(activity, record)["What_Id"]
    assert shown == {"id": target, "name": names[about]}
    assert caller.record(activity, record)["$se_module"] == about
    page = caller.http.get(f"/crm/org808232144/tab/{activity}/{record}").text
    assert f'/tab/{about}/{target}">{names[about]}</a>' in page


@pytest.mark.parametrize(
    ("module", "code"),
    [
        (None, "MANDATORY_NOT_FOUND"),
        ("Nowhere", "INVALID_DATA"),
        ("Tasks", "INVALID_DATA"),
        ("Quoted_Items", "INVALID_DATA"),
    ],
)
def test_what_an_activity_is_about_needs_its_module(caller: Caller, module, code):
    account = caller.find("select id from Accounts where Customer_Number = 'C-1001'")[0]["id"]
    named = {"$se_module": module} if module else {}

    answer = write(caller, "Tasks", {"Subject": "A", "What_Id": {"id": account}, **named})

    assert codes(answer) == [code]
    assert first(answer)["details"]["api_name"] == "$se_module"


def test_record_of_another_module_than_named_is_not_found(caller: Caller):
    account = caller.find("select id from Accounts where Customer_Number = 'C-1001'")[0]["id"]
    wrong = {"Subject": "A", "What_Id": {"id": account}, "$se_module": "Leads"}

    answer = write(caller, "Tasks", wrong)

    assert codes(answer) == ["INVALID_DATA"]
    assert first(answer)["details"]["api_name"] == "What_Id"


def test_activity_turns_to_another_record(caller: Caller):
    task = added(caller, "Tasks", Subject="Move on")
    lead = added(caller)
    change = {"What_Id": {"id": lead}, "$se_module": "Leads"}

    answer = caller.http.put(f"/crm/v7/Tasks/{task}", json={"data": [change]})
    emptied = caller.http.put(f"/crm/v7/Tasks/{task}", json={"data": [{"What_Id": None}]})

    assert (codes(answer), codes(emptied)) == (["SUCCESS"], ["SUCCESS"])
    assert caller.record("Tasks", task)["What_Id"] is None


@pytest.mark.parametrize(
    ("module", "given", "lacking"),
    [
        ("Tasks", {}, "Subject"),
        ("Events", {**MEETING, "End_DateTime": None}, "End_DateTime"),
        ("Calls", {**CALL, "Call_Type": None}, "Call_Type"),
    ],
)
def test_activities_need_what_the_system_asks_for(caller: Caller, module, given, lacking):
    answer = write(caller, module, given)

    assert codes(answer) == ["MANDATORY_NOT_FOUND"]
    assert first(answer)["details"]["api_name"] == lacking


@pytest.mark.parametrize("who", [{}, {"Who_Id": None}])
def test_call_to_come_needs_somebody_to_be_called(caller: Caller, who):
    subject = {"Subject": "Nobody to call"}

    answer = write(caller, "Calls", {**CALL, **subject, **who})

    assert codes(answer) == ["MANDATORY_NOT_FOUND"]
    assert first(answer)["details"]["api_name"] == "Who_Id"
    assert caller.find("select id from Calls where Subject = 'Nobody to call'") == []


def test_call_to_come_is_to_a_contact_and_one_that_was_may_be_to_anybody(caller: Caller):
    contact = caller.find("select id from Contacts where Last_Name is not null")[0]["id"]

    to_come = write(caller, "Calls", {**CALL, "Who_Id": {"id": contact}})
    was = write(caller, "Calls", {**CALL, "Call_Start_Time": "2026-01-05T09:00:00+01:00"})

    assert (codes(to_come), codes(was)) == (["SUCCESS"], ["SUCCESS"])


def test_call_of_no_length_is_refused(caller: Caller):
    answer = write(caller, "Calls", {**CALL, "Call_Duration": "00:00"})

    assert codes(answer) == ["DEPENDENT_MISMATCH"]


def test_meeting_takes_fifty_people(caller: Caller):
    people = [{"type": "email", "participant": f"p{n}@example.com"} for n in range(51)]

    asked = write(caller, "Events", {**MEETING, "Participants": people[:50]})
    crowded = write(caller, "Events", {**MEETING, "Participants": people})

    assert codes(asked) == ["SUCCESS"]
    assert codes(crowded) == ["LIMIT_EXCEEDED"]
    assert first(crowded)["details"]["limit"] == 50
