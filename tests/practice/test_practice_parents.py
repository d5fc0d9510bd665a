"""Jobs of several files: a parent, and what hangs on its rows."""

import time
from copy import deepcopy

import pytest

from tests.practice.caller import Caller, zipped
from tests.practice.controls import accepted, archive_of, results, suffer, turn
from tests.practice_server import practice_crm

pytestmark = pytest.mark.alone

LEADS = [
    ["Key", "Last_Name", "Company", "Email"],
    ["a", "Rao", "Zylker", "rao@example.com"],
    ["b", "Lee", "Zylker", "lee@example.com"],
    ["c", "", "Zylker", "nobody@example.com"],
]
LEAD_MAPPINGS = [
    {"api_name": "Last_Name", "index": 1},
    {"api_name": "Company", "index": 2},
    {"api_name": "Email", "index": 3},
]
PEOPLE = [
    ["Lead", "Contact_Name", "Contact_Email"],
    ["a", "Asha", "asha@example.com"],
    ["b", "Ben", "not an address"],
    ["b", "Bea", "bea@example.com"],
    ["c", "Cleo", "cleo@example.com"],
    ["z", "Zoe", "zoe@example.com"],
]
PEOPLE_MAPPINGS = [
    {"api_name": "Contact_Name", "index": 1},
    {"api_name": "Contact_Email", "index": 2},
    {"api_name": "Parent_Id", "index": 0, "parent_column_index": 0},
]


def resource(module, file_id, name, mappings, **more):
    return {
        "type": "data",
        "module": {"api_name": module},
        "file_id": file_id,
        "file_names": [f"{name}.csv"],
        "field_mappings": deepcopy(mappings),
        **more,
    }


def leads_and_people(file_id, operation="insert", **parent):
    return {
        "operation": operation,
        "resource": [
            resource("Leads", file_id, "leads", LEAD_MAPPINGS, **parent),
            resource("Secondary_Contacts", file_id, "people", PEOPLE_MAPPINGS),
        ],
    }


def uploaded(caller, **files):
    return caller.uploaded(archive_of(**files))


def finished(caller, body):
    return caller.finished(accepted(caller, body))


def outcomes(rows):
    return [(row["STATUS"], row["ERRORS"]) for row in rows]


def test_subform_rows_follow_their_parents(caller: Caller):
    job = finished(caller, leads_and_people(uploaded(caller, leads=LEADS, people=PEOPLE)))

    rows = results(caller, job)
    assert outcomes(rows["Leads-leads.csv"]) == [
        ("ADDED", ""),
        ("ADDED", ""),
        ("SKIPPED", "MANDATORY_NOT_FOUND-Last_Name"),
    ]
    assert outcomes(rows["Secondary_Contacts-people.csv"]) == [
        ("ADDED", ""),
        ("SKIPPED", "INVALID_DATA-Contact_Email"),
        ("ADDED", ""),
        ("SKIPPED", "INVALID_DATA-Lead"),
        ("SKIPPED", "INVALID_DATA-Lead"),
    ]
    bea = rows["Secondary_Contacts-people.csv"][2]["RECORD_ID"]
    parent = caller.record("Secondary_Contacts", bea)["Parent_Id"]
    assert (parent["id"], parent["name"]) == (rows["Leads-leads.csv"][1]["RECORD_ID"], "Lee")


def test_each_file_has_counts_and_an_echo_of_its_own(caller: Caller):
    job = finished(caller, leads_and_people(uploaded(caller, leads=LEADS, people=PEOPLE)))

    counts = [
        (one["module"]["api_name"], one["code"], one["file"]["name"], one["file"]["total_count"])
        for one in job["resource"]
    ]
    assert counts == [
        ("Leads", "SUCCESS", "leads.csv", 3),
        ("Secondary_Contacts", "SUCCESS", "people.csv", 5),
    ]
    echoed = list(results(caller, job)["Secondary_Contacts-people.csv"][0])
    assert echoed == ["Contact_Name", "Contact_Email", "Lead", "STATUS", "RECORD_ID", "ERRORS"]
    links = [m["parent_column_index"] for m in job["resource"][1]["field_mappings"]]
    assert links == [None, None, 0]


def test_updated_parents_gain_rows(caller: Caller):
    people = [PEOPLE[0], ["b", "Bea", "bea@example.com"]]
    first = finished(caller, leads_and_people(uploaded(caller, leads=LEADS, people=people)))
    body = leads_and_people(
        uploaded(caller, leads=LEADS, people=people), operation="upsert", find_by="Email"
    )

    job = finished(caller, body)

    rows, lead = results(caller, job), results(caller, first)["Leads-leads.csv"][1]["RECORD_ID"]
    assert rows["Leads-leads.csv"][1]["STATUS"] == "UPDATED"
    found = caller.find(f"select id from Secondary_Contacts where Parent_Id = '{lead}' limit 0, 9")
    assert len(found) == 2


def test_links_to_products_and_users_go_through_linking_modules(caller: Caller):
    product = caller.find("select id from Products where Product_Code = 'WN-800' limit 0, 1")
    file_id = uploaded(
        caller,
        leads=LEADS,
        wishes=[["Lead", "Product"], ["a", product[0]["id"]], ["b", "1"]],
        team=[["Lead", "User"], ["a", "amara.okafor@harbourlane.example.com"]],
    )
    wish = [
        {"api_name": "Interested_Lead", "index": 0, "parent_column_index": 0},
        {"api_name": "Interesting_Product", "index": 1, "find_by": "id"},
    ]
    member = [
        {"api_name": "Supported_Lead", "index": 0, "parent_column_index": 0},
        {"api_name": "Supporting_User", "index": 1, "find_by": "email"},
    ]
    resources = [
        resource("Leads", file_id, "leads", LEAD_MAPPINGS),
        resource("Leads_X_Products", file_id, "wishes", wish),
        resource("Leads_X_Users", file_id, "team", member),
    ]

    rows = results(caller, finished(caller, {"operation": "insert", "resource": resources}))

    assert outcomes(rows["Leads_X_Products-wishes.csv"]) == [
        ("ADDED", ""),
        ("SKIPPED", "INVALID_DATA-Product"),
    ]
    link = caller.record("Leads_X_Users", rows["Leads_X_Users-team.csv"][0]["RECORD_ID"])
    assert link["Supporting_User"]["name"] == "Amara Okafor"


def test_quotes_come_with_their_line_items(caller: Caller):
    file_id = uploaded(
        caller,
        quotes=[["Number", "Subject"], ["Q1", "Winches"]],
        items=[["Quote", "Product", "Quantity"], ["Q1", "Deck winch 400", "3"]],
    )
    quotes = resource("Quotes", file_id, "quotes", [{"api_name": "Subject", "index": 1}])
    items = resource(
        "Quoted_Items",
        file_id,
        "items",
        [
            {"api_name": "Product_Name", "index": 1, "find_by": "Product_Name"},
            {"api_name": "Quantity", "index": 2},
            {"api_name": "Parent_Id", "index": 0, "parent_column_index": 0},
        ],
    )

    job = finished(caller, {"operation": "insert", "resource": [quotes, items]})

    rows = results(caller, job)
    assert [row["STATUS"] for name in rows for row in rows[name]] == ["ADDED", "ADDED"]


def test_quotes_without_line_items_are_refused(caller: Caller):
    file_id = caller.uploaded(zipped([["Subject"], ["Winches"]], name="quotes.csv"))
    quotes = resource("Quotes", file_id, "quotes", [{"api_name": "Subject", "index": 0}])

    refused = caller.create({"operation": "insert", "resource": [quotes]}).json()

    assert refused["code"] == "MANDATORY_FIELDS_NOT_MAPPED"
    assert refused["message"].endswith("[Quoted_Items]")


def test_subform_alone_is_added_to_records_that_exist(caller: Caller):
    lead = caller.find("select id from Leads where Last_Name = 'Haddad' limit 0, 1")[0]["id"]
    lines = [["Parent_Id", "Contact_Name"], [lead, "Nadia"], ["17", "Nobody"]]

    mapped = caller.run(
        lines,
        module="Secondary_Contacts",
        mappings=[{"api_name": "Parent_Id", "index": 0, "find_by": "id"}, "Contact_Name"],
    )
    by_header = caller.run(lines, module="Secondary_Contacts")

    expected = [("ADDED", ""), ("SKIPPED", "INVALID_DATA-Parent_Id")]
    assert outcomes(mapped) == outcomes(by_header) == expected


def test_long_subform_file_fails_before_anything_is_written(caller: Caller):
    people = [PEOPLE[0], *(["ab"[n % 2], f"Person {n}", ""] for n in range(201))]
    body = leads_and_people(uploaded(caller, leads=LEADS, people=people))

    job = finished(caller, body)
    turn(caller, max_child_rows=300)
    again = finished(caller, body)

    assert job["status"] == "FAILED"
    assert [(one["code"], one["file"]["status"]) for one in job["resource"]] == [
        ("SKIPPED", "SKIPPED"),
        ("LIMIT_EXCEEDED", "SKIPPED"),
    ]
    assert again["resource"][1]["file"]["total_count"] == 201


def test_record_has_a_hundred_rows_in_a_subform_at_most(caller: Caller):
    people = [PEOPLE[0], *(["a", f"Person {n}", ""] for n in range(102))]
    body = leads_and_people(uploaded(caller, leads=LEADS, people=people))

    rows = results(caller, finished(caller, body))["Secondary_Contacts-people.csv"]

    assert outcomes(rows[99:]) == [("ADDED", ""), *[("SKIPPED", "LIMIT_EXCEEDED-Lead")] * 2]


def change(*path, to):
    """A body with one thing in it changed, or taken out."""

    def changed(body):
        place = body
        for step in path[:-1]:
            place = place[step]
        if to is None:
            del place[path[-1]]
        else:
            place[path[-1]] = to
        return body

    return changed


CHILD, LINK = ("resource", 1), ("resource", 1, "field_mappings", 2)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        (change(*CHILD, "module", "api_name", to="Leads"), "MODULE_NOT_AVAILABLE"),
        (change(*CHILD, "module", "api_name", to="Quoted_Items"), "MODULE_NOT_AVAILABLE"),
        (change("resource", 0, "module", "api_name", to="Leads_X_Users"), "MODULE_NOT_AVAILABLE"),
        (change(*CHILD, "file_id", to="5725767000000000001"), "INVALID_DATA"),
        (change(*CHILD, "file_names", to=None), "MISSING_REQUIRED_KEY"),
        (change(*CHILD, "file_names", to=["other.csv"]), "FILE_NOT_SUPPORTED"),
        (change(*CHILD, "file_names", to=["leads.csv"]), "FILE_NOT_SUPPORTED"),
        (change(*CHILD, "field_mappings", to=None), "MISSING_REQUIRED_KEY"),
        (change(*LINK, "parent_column_index", to=None), "MANDATORY_NOT_FOUND"),
        (change(*LINK, "parent_column_index", to=9), "COLUMN_INDEX_NOT_FOUND"),
        (change(*LINK, "parent_column_index", to="0"), "INVALID_DATA"),
        (change(*LINK, "find_by", to="id"), "COEXISTENCE_NOT_ALLOWED"),
        (change(*LINK, "api_name", to="Role"), "INVALID_DATA"),
        (change(*LINK, to={"api_name": "Role", "index": 0}), "MANDATORY_FIELDS_NOT_MAPPED"),
        (
            change("resource", 0, "field_mappings", 0, "parent_column_index", to=0),
            "INVALID_DATA",
        ),
    ],
)
def test_what_does_not_hang_together_is_refused(caller: Caller, changed, code):
    body = leads_and_people(uploaded(caller, leads=LEADS, people=PEOPLE))

    answer = caller.create(changed(body))

    assert (answer.status_code, answer.json()["code"]) == (400, code), answer.text


def test_oldest_version_knows_one_resource_only(caller: Caller):
    body = leads_and_people(uploaded(caller, leads=LEADS, people=PEOPLE))
    for one in body["resource"]:
        one["module"] = one["module"]["api_name"]

    assert caller.create(body, "v2").json()["code"] == "NOT_ALLOWED"


def test_a_file_that_nobody_asked_for_is_refused(caller: Caller):
    file_id = uploaded(caller, leads=LEADS, people=PEOPLE)
    body = {"operation": "insert", "resource": [resource("Leads", file_id, "leads", LEAD_MAPPINGS)]}

    assert caller.create(body).json()["code"] == "FILE_NOT_SUPPORTED"
    assert caller.upload(zipped(LEADS)).json()["code"] == "FILE_UPLOAD_SUCCESS"


def test_job_that_was_cut_off_in_its_second_file_is_finished_without_doubling(tmp_path):
    with practice_crm(tmp_path) as address:
        caller = Caller(address)
        suffer(caller, "job_stuck", after_rows=5)
        body = leads_and_people(uploaded(caller, leads=LEADS, people=PEOPLE))
        job_id = accepted(caller, body)
        for _ in range(200):
            job = caller.http.get(f"/crm/bulk/v7/write/{job_id}").json()
            if job["resource"][1]["file"].get("total_count") == 2:
                break
            time.sleep(0.02)
    with practice_crm(tmp_path) as address:
        caller = Caller(address)
        caller.http.delete("/control/faults")
        rows = results(caller, caller.finished(job_id))
        found = caller.find("select id from Secondary_Contacts where id > '0' limit 0, 200")

    assert [len(rows[name]) for name in rows] == [3, 5]
    assert [row["STATUS"] for row in rows["Secondary_Contacts-people.csv"]].count("ADDED") == 2
    assert len(found) == 1 + 2


def test_page_of_a_job_shows_all_its_files(caller: Caller):
    job = finished(caller, leads_and_people(uploaded(caller, leads=LEADS, people=PEOPLE)))

    page = caller.http.get(f"/jobs/{job['id']}").text

    assert all(text in page for text in ("leads.csv", "people.csv", "the parent’s column 1"))
