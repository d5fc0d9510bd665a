"""The client against the practice CRM, over HTTP."""

import csv
import io
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from importer.crm.client import Credentials, CrmClient, exchange_code, revoke_token
from importer.crm.errors import CrmRefused, CrmUnauthorised
from importer.crm.hosts import one_host
from importer.crm.jobs import FieldMapping, Job, JobRequest, JobState
from importer.crm.schema import CustomView, Layout, Operation, Territory
from importer.crm.tokens import AccessToken, MemoryTokens
from tests.crm.work import ALL_LEADS, CREDENTIALS, EUROPE, REFERRALS

FIELDS = tuple(FieldMapping(n, i) for i, n in enumerate(("Email", "Last_Name", "Company")))


@pytest.fixture(scope="module")  # one client, since a refresh token gives few access tokens
def practice(address: str) -> Iterator[CrmClient]:
    with CrmClient(one_host(address), CREDENTIALS, MemoryTokens()) as client:
        yield client


def zipped(folder: Path, *rows: tuple[str, ...]) -> Path:
    """A zip with the three columns of `FIELDS`, as bulk write wants it."""
    text = io.StringIO()
    csv.writer(text).writerows([tuple(f.api_name for f in FIELDS), *rows])
    path = folder / "part-001.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Leads.csv", text.getvalue())
    return path


def upserted(client: CrmClient, path: Path, operation: Operation = Operation.UPSERT) -> Job:
    """The finished job that upserts the rows of `path` into Leads by e-mail address."""
    file_id = client.bulk_write.upload(path, client.organisation().zgid)
    request = JobRequest("Leads", operation, file_id, "Leads.csv", FIELDS, find_by="Email")
    job = client.bulk_write.job(client.bulk_write.create(request))
    for _ in range(300):
        if job.state in (JobState.DONE, JobState.FAILED):
            break
        time.sleep(0.1)
        job = client.bulk_write.job(job.id)
    return job


def result_rows(client: CrmClient, job: Job, folder: Path) -> list[dict[str, str]]:
    target = folder / "result.zip"
    client.bulk_write.download(job, target)
    with zipfile.ZipFile(target) as archive:
        [name] = archive.namelist()
        return list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8"))))


def test_practice_organisation_is_known_by_its_ids(practice):
    organisation = practice.organisation()

    assert (organisation.zgid, organisation.domain_name) == ("808232144", "org808232144")
    assert organisation.time_zone


def test_practice_modules_are_those_that_bulk_write_takes(practice):
    names = {module.api_name for module in practice.modules()}

    assert {"Leads", "Contacts", "Accounts", "Deals", "Products", "Tasks"} <= names
    assert not names & {"Calls", "Events", "Notes", "Users"}


def test_practice_module_may_be_seen_in_any_of_its_layouts(practice):
    standard, referrals = practice.layouts("Leads")

    assert (standard.name, referrals) == ("Standard", Layout(REFERRALS, "Partner referral", True))
    assert practice.module("Leads", layout=standard.id) == practice.module("Leads")
    assert practice.module("Leads").field("Company").required
    assert not practice.module("Leads", layout=referrals.id).field("Company").required
    with pytest.raises(CrmRefused, match="INVALID_DATA"):
        practice.module("Leads", layout="57")


def test_practice_views_and_territories_are_known(practice):
    assert list(practice.views("Leads")) == [
        CustomView(ALL_LEADS, "All Leads", default=True),
        CustomView("5725767000000310011", "My Leads", default=False),
    ]
    europe, benelux, *_ = practice.territories()
    assert europe == Territory(EUROPE, "Europe", parent=None)
    assert (benelux.name, benelux.parent) == ("Benelux", EUROPE)


def test_practice_leads_have_their_rules(practice):
    leads = practice.module("Leads")

    assert leads.field("Last_Name").required
    assert leads.field("Company").required
    assert (leads.field("Last_Name").data_type, leads.field("Last_Name").length) == ("text", 80)
    assert leads.field("Email").unique
    assert "Not Contacted" in [option.value for option in leads.field("Lead_Status").options]
    assert "id" in [field.api_name for field in leads.key_fields]
    assert not {"Created_Time", "Full_Name"} & {field.api_name for field in leads.fields}
    assert practice.module("Contacts").field("Account_Name").lookup_module == "Accounts"


def test_practice_job_goes_from_upload_to_result(practice, address, tmp_path):
    path = zipped(
        tmp_path,
        ("first@rows.example.com", "First", "Acme"),
        ("second@rows.example.com", "Sécond, the “quoted”", "Acme"),
        ("third@rows.example.com", "", "Acme"),
    )

    job = upserted(practice, path)
    rows = result_rows(practice, job, tmp_path)

    assert (job.state, job.created, job.updated, job.skipped, job.total) == (
        JobState.DONE,
        2,
        0,
        1,
        3,
    )
    assert [(row["Email"], row["STATUS"]) for row in rows] == [
        ("first@rows.example.com", "ADDED"),
        ("second@rows.example.com", "ADDED"),
        ("third@rows.example.com", "SKIPPED"),
    ]
    assert rows[1]["Last_Name"] == "Sécond, the “quoted”"
    assert rows[2]["ERRORS"] == "MANDATORY_NOT_FOUND-Last_Name"
    page = httpx.get(practice.record_url(practice.organisation(), "Leads", rows[0]["RECORD_ID"]))
    assert page.status_code == 200
    assert "first@rows.example.com" in page.text


def test_practice_upsert_of_the_same_rows_updates_the_same_records(practice, tmp_path):
    path = zipped(tmp_path, ("again@rows.example.com", "Again", "Acme"))
    [created] = result_rows(practice, upserted(practice, path), tmp_path)

    [updated] = result_rows(practice, upserted(practice, path), tmp_path)

    assert (created["STATUS"], updated["STATUS"]) == ("ADDED", "UPDATED")
    assert updated["RECORD_ID"] == created["RECORD_ID"]


def test_practice_result_is_found_by_the_jobs_id_alone(practice, tmp_path):
    job = upserted(practice, zipped(tmp_path, ("lost@rows.example.com", "Lost", "Acme")))
    astray = Job(job.id, job.state, job.code, 1, 0, 0, 1, download_url="/nowhere/1.zip")

    [row] = result_rows(practice, astray, tmp_path)

    assert row["Email"] == "lost@rows.example.com"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"module": "Nonsense"}, "MODULE_NOT_AVAILABLE"),
        ({"file_id": "nonsense"}, "INVALID_FILE_ID"),
        ({"find_by": None}, "MANDATORY_NOT_FOUND"),
        ({"fields": (FieldMapping("Nonsense", 0),)}, "INVALID_FIELD"),
        ({"fields": (*FIELDS, FieldMapping("Phone", 17))}, "COLUMN_INDEX_NOT_FOUND"),
        ({"fields": FIELDS[:1], "find_by": "Email"}, "MANDATORY_FIELDS_NOT_MAPPED"),
    ],
)
def test_practice_refuses_a_wrong_job(practice, tmp_path, changes, code):
    path = zipped(tmp_path, ("no@rows.example.com", "No", "Acme"))
    file_id = practice.bulk_write.upload(path, practice.organisation().zgid)
    right = {
        "module": "Leads",
        "operation": Operation.UPSERT,
        "file_id": file_id,
        "file_name": "Leads.csv",
        "fields": FIELDS,
        "find_by": "Email",
    }

    with pytest.raises(CrmRefused) as refusal:
        practice.bulk_write.create(JobRequest(**right | changes))

    assert refusal.value.code == code


def test_practice_refuses_what_it_does_not_know(practice, tmp_path):
    no_zip = tmp_path / "part-001.zip"
    no_zip.write_bytes(b"Email\nana@example.com\n")

    with pytest.raises(CrmRefused, match="RESOURCE_NOT_FOUND"):
        practice.bulk_write.job("5725767000009999999")
    with pytest.raises(CrmRefused, match="INVALID_MODULE"):
        practice.module("Nonsense")
    with pytest.raises(CrmRefused, match="INVALID_FILE_FORMAT"):
        practice.bulk_write.upload(no_zip, practice.organisation().zgid)
    with pytest.raises(CrmRefused, match="X-CRM-ORG"):
        practice.bulk_write.upload(zipped(tmp_path), "1")


def test_practice_token_that_is_revoked_serves_no_longer(address):
    code = exchange_code(
        one_host(address), "1000.PRACTICE", "practice-secret", "1000.practice.code"
    )
    own = Credentials("1000.PRACTICE", "practice-secret", refresh_token=code)

    with CrmClient(one_host(address), own, MemoryTokens()) as client:
        client.organisation()
        revoke_token(one_host(address), own.refresh_token)

        with pytest.raises(CrmUnauthorised, match="invalid_code"):
            client.organisation()
    with pytest.raises(CrmRefused, match="invalid_token"):
        revoke_token(one_host(address), own.refresh_token)


def test_practice_token_that_became_invalid_is_renewed_once_for_all_threads(address):
    tokens = MemoryTokens()
    tokens.renew(None, lambda: AccessToken("1000.gone", datetime.now(UTC) + timedelta(hours=1)))

    client = CrmClient(one_host(address), CREDENTIALS, tokens)
    with client, ThreadPoolExecutor(8) as pool:
        seen = set(pool.map(lambda _: client.organisation().zgid, range(8)))

    assert seen == {"808232144"}
    assert tokens.current().value != "1000.gone"


@pytest.mark.parametrize(
    "wrong",
    [
        Credentials("1000.NOBODY", "practice-secret", "1000.practice.refresh"),
        Credentials("1000.PRACTICE", "wrong", "1000.practice.refresh"),
        Credentials("1000.PRACTICE", "practice-secret", "1000.revoked"),
    ],
)
def test_practice_refuses_wrong_credentials(address, wrong):
    client = CrmClient(one_host(address), wrong, MemoryTokens())

    with client, pytest.raises(CrmUnauthorised):
        client.organisation()


def test_practice_refuses_an_unknown_grant_code(address):
    with pytest.raises(CrmUnauthorised, match="invalid_code"):
        exchange_code(one_host(address), "1000.PRACTICE", "practice-secret", "1000.unknown")
