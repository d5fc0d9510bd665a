"""Jobs of several files: what hangs on records is written with them, and found in the metadata."""

import csv
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from importer.crm.client import CrmClient
from importer.crm.errors import CrmRefused
from importer.crm.jobs import ChildFile, ChildProgress, FieldMapping, Job, JobRequest, JobState
from importer.crm.schema import Child, Operation
from importer.crm.versions import VERSIONS
from tests.crm.work import ended
from tests.practice.caller import ZGID
from tests.practice.controls import archive_of, suffer, turn

LEADS = [
    ["Key", "Last_Name", "Company", "Email"],
    ["a", "Rao", "Zylker", "rao@example.com"],
    ["b", "Lee", "Zylker", "lee@example.com"],
    ["c", "", "Zylker", "nobody@example.com"],
]
LEAD_FIELDS = (FieldMapping("Last_Name", 1), FieldMapping("Company", 2), FieldMapping("Email", 3))
PEOPLE = [["Lead", "Name"], ["a", "Asha"], ["b", "Ben"], ["b", "Bea"], ["c", "Cleo"], ["z", "Zoe"]]
PEOPLE_FILE = ChildFile(
    "Secondary_Contacts",
    "people.csv",
    (FieldMapping("Contact_Name", 1), FieldMapping("Parent_Id", 0, parent_index=0)),
)
WISHES_FILE = ChildFile(
    "Leads_X_Products",
    "wishes.csv",
    (
        FieldMapping("Interested_Lead", 0, parent_index=0),
        FieldMapping("Interesting_Product", 1, find_by="Product_Code"),
    ),
)
TEAM_FILE = ChildFile(
    "Leads_X_Users",
    "team.csv",
    (
        FieldMapping("Supported_Lead", 0, parent_index=0),
        FieldMapping("Supporting_User", 1, find_by="email"),
    ),
)
SEVERAL = pytest.mark.parametrize(
    "version", [version.name for version in VERSIONS.values() if version.several_files]
)


@pytest.fixture
def upload(caller, connect, tmp_path) -> Callable[..., str]:
    """Sends CSV files in one zip, and gives the file id."""

    def upload(crm: CrmClient, **files: list[list[str]]) -> str:
        path: Path = tmp_path / "part-001.zip"
        path.write_bytes(archive_of(**files))
        return crm.bulk_write.upload(path, ZGID)

    return upload


def leads_request(file_id: str, *children: ChildFile, **more: object) -> JobRequest:
    terms = {"operation": Operation.INSERT, "fields": LEAD_FIELDS, **more}
    return JobRequest("Leads", file_id=file_id, file_name="leads.csv", children=children, **terms)


def finished(crm: CrmClient, request: JobRequest) -> Job:
    return ended(crm, crm.bulk_write.create(request))


def statuses(crm: CrmClient, job: Job, folder: Path) -> dict[str, list[str]]:
    """The outcome of each row, by the name of its file in the result."""
    crm.bulk_write.download(job, folder / "result.zip")
    with zipfile.ZipFile(folder / "result.zip") as archive:
        return {
            name: [
                row["STATUS"] for row in csv.DictReader(io.StringIO(archive.read(name).decode()))
            ]
            for name in archive.namelist()
        }


@SEVERAL
def test_children_are_written_with_their_parents(connect, upload, tmp_path, version):
    crm = connect(api_version=version)
    wishes = [["Lead", "Product"], ["a", "WN-800"], ["b", "nothing"]]
    team = [["Lead", "User"], ["a", "amara.okafor@harbourlane.example.com"]]
    file_id = upload(crm, leads=LEADS, people=PEOPLE, wishes=wishes, team=team)

    job = finished(crm, leads_request(file_id, PEOPLE_FILE, WISHES_FILE, TEAM_FILE))

    assert (job.state, job.code, job.created, job.skipped, job.total) == (
        JobState.DONE,
        "SUCCESS",
        2,
        1,
        3,
    )
    assert job.children == (
        ChildProgress("Secondary_Contacts", "SUCCESS", created=3, skipped=2, total=5),
        ChildProgress("Leads_X_Products", "SUCCESS", created=1, skipped=1, total=2),
        ChildProgress("Leads_X_Users", "SUCCESS", created=1, skipped=0, total=1),
    )
    assert statuses(crm, job, tmp_path) == {
        "Leads-leads.csv": ["ADDED", "ADDED", "SKIPPED"],
        "Secondary_Contacts-people.csv": ["ADDED", "ADDED", "ADDED", "SKIPPED", "SKIPPED"],
        "Leads_X_Products-wishes.csv": ["ADDED", "SKIPPED"],
        "Leads_X_Users-team.csv": ["ADDED"],
    }
    [lee] = crm.records.find("Leads", "Email", ["lee@example.com"], [])
    rows = crm.records.whole("Leads", lee.id).values["Secondary_Contacts"]
    assert sorted(row["Contact_Name"] for row in rows) == ["Bea", "Ben"]


def test_line_items_come_with_their_document(connect, upload, tmp_path):
    crm = connect()
    file_id = upload(
        crm,
        quotes=[["Number", "Subject"], ["Q1", "Winches"]],
        items=[["Quote", "Product", "Quantity"], ["Q1", "Deck winch 400", "3"]],
    )
    items = ChildFile(
        "Quoted_Items",
        "items.csv",
        (
            FieldMapping("Product_Name", 1, find_by="Product_Name"),
            FieldMapping("Quantity", 2),
            FieldMapping("Parent_Id", 0, parent_index=0),
        ),
    )
    subject = (FieldMapping("Subject", 1),)

    job = finished(
        crm,
        JobRequest("Quotes", Operation.INSERT, file_id, "quotes.csv", subject, children=(items,)),
    )

    assert statuses(crm, job, tmp_path) == {
        "Quotes-quotes.csv": ["ADDED"],
        "Quoted_Items-items.csv": ["ADDED"],
    }
    assert job.children == (ChildProgress("Quoted_Items", "SUCCESS", 1, 0, 1),)


def test_children_are_added_to_parents_that_are_updated(connect, upload, tmp_path):
    crm = connect()
    crm.records.insert("Leads", [{"Last_Name": "Rao", "Company": "X", "Email": "rao@example.com"}])
    file_id = upload(crm, leads=LEADS[:2], people=PEOPLE[:2])

    job = finished(
        crm,
        leads_request(file_id, PEOPLE_FILE, operation=Operation.UPSERT, find_by="Email"),
    )

    assert (job.updated, job.created) == (1, 0)
    assert job.children[0].created == 1


def test_child_that_breaks_the_rules_is_refused_in_the_crms_words(connect, upload):
    crm = connect()
    file_id = upload(crm, leads=LEADS, people=PEOPLE)
    unlinked = ChildFile("Secondary_Contacts", "people.csv", (FieldMapping("Contact_Name", 1),))

    with pytest.raises(CrmRefused) as refusal:
        crm.bulk_write.create(leads_request(file_id, unlinked))

    assert refusal.value.code == "MANDATORY_FIELDS_NOT_MAPPED"


def test_job_that_failed_for_a_child_tells_that_childs_reason(connect, upload, caller):
    turn(caller, max_child_rows=2)
    crm = connect()
    file_id = upload(crm, leads=LEADS, people=PEOPLE)

    job = finished(crm, leads_request(file_id, PEOPLE_FILE))

    assert (job.state, job.code) == (JobState.FAILED, "LIMIT_EXCEEDED")
    assert job.children[0].code == "LIMIT_EXCEEDED"


def test_job_under_way_tells_how_far_each_file_is(connect, upload, caller):
    suffer(caller, "job_stuck", after_rows=5)
    crm = connect()
    job_id = crm.bulk_write.create(
        leads_request(upload(crm, leads=LEADS, people=PEOPLE), PEOPLE_FILE)
    )
    for _ in range(1500):
        job = crm.bulk_write.job(job_id)
        if job.children[0].total:
            break

    assert (job.state, job.total, job.children[0].total) == (JobState.RUNNING, 3, 2)


def test_children_are_not_sent_to_a_version_that_takes_one_file(connect, upload):
    crm = connect(api_version="v2")
    request = leads_request(upload(crm, leads=LEADS, people=PEOPLE), PEOPLE_FILE)

    with pytest.raises(CrmRefused, match="v2 takes one file only"):
        crm.bulk_write.create(request)


@pytest.mark.parametrize("version", VERSIONS)
def test_metadata_knows_what_hangs_on_a_module(caller, connect, version):
    leads = connect(api_version=version).module("Leads")

    assert {(child.module, child.link) for child in leads.children} == {
        ("Secondary_Contacts", "Parent_Id"),
        ("Leads_X_Products", "Interested_Lead"),
        ("Leads_X_Users", "Supported_Lead"),
    }


def test_metadata_reads_children_in_the_shapes_of_all_versions(client, crm):
    flat = {
        "linking_module": {"api_name": "Leads_X_Tags", "id": "1"},
        "lookup_apiname": "Tagged_Lead",
    }
    nested = {
        "linking_details": {
            "module": {"api_name": "Leads_X_Users", "id": "2"},
            "lookup_field": {"api_name": "Supported_Lead", "id": "3"},
        }
    }
    fields = [
        {"api_name": "A", "data_type": "multiselectlookup", "multiselectlookup": flat},
        {"api_name": "B", "data_type": "multiuserlookup", "multiuserlookup": nested},
        {"api_name": "C", "data_type": "subform", "associated_module": {"module": "Rows"}},
        {"api_name": "D", "data_type": "subform", "subform": {"module": "Lines", "id": "4"}},
        {"api_name": "E", "data_type": "subform", "associated_module": None},
        {"api_name": "F", "data_type": "multiselectlookup", "multiselectlookup": {}},
    ]
    crm.script = [
        httpx.Response(200, json={"modules": [{"api_name": "Leads"}]}),
        httpx.Response(200, json={"fields": fields}),
        httpx.Response(204),
        httpx.Response(200, json={"users": [{"id": "5"}]}),
    ]

    assert client.module("Leads").children == (
        Child("Leads_X_Tags", "A", "Tagged_Lead"),
        Child("Leads_X_Users", "B", "Supported_Lead"),
        Child("Rows", "C", "Parent_Id"),
        Child("Lines", "D", "Parent_Id"),
    )
