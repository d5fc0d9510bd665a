"""What the client's calls need to work with: files, records, and jobs that have ended."""

import time
import zipfile
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from importer.crm.bulk_read import ReadJob, ReadRequest
from importer.crm.client import Credentials, CrmClient
from importer.crm.jobs import FieldMapping, Job, JobRequest, JobState
from importer.crm.mass_actions import MassJob
from importer.crm.schema import Operation
from tests.practice.caller import ZGID, Caller

CREDENTIALS = Credentials("1000.PRACTICE", "practice-secret", "1000.practice.refresh")
FIELDS = (FieldMapping("Last_Name", 0), FieldMapping("Company", 1))
NAMES = ("Person 1", "Person 2", "Person 3", "Person 4")
LEAD = {"Last_Name": "Person 5", "Company": "Zylker"}
# Custom views; the module of one can have one mass action of a kind at a time.
ALL_LEADS, ALL_VENDORS, ALL_CONTACTS = (f"5725767000000310{n}" for n in ("010", "060", "030"))
REFERRALS = "5725767000000091057"  # a layout of leads that asks for less than the standard one
EUROPE = "5725767000000320001"  # a territory, with two that lie in it
READ_LEADS = ReadRequest("Leads", ("Last_Name", "Company"))


class Work:
    """What there is to work with, made when it is first asked for."""

    def __init__(self, crm: CrmClient, folder: Path) -> None:
        self.crm = crm
        self.folder = folder

    @cached_property
    def zip_path(self) -> Path:
        return leads_zip(self.folder)

    @cached_property
    def request(self) -> JobRequest:
        """For a job that inserts four leads."""
        return request_for(self.crm.bulk_write.upload(self.zip_path, ZGID))

    @cached_property
    def job(self) -> Job:
        """Such a job that has ended."""
        return ended(self.crm, self.crm.bulk_write.create(self.request))

    @cached_property
    def lead(self) -> str:
        """The id of a lead."""
        [outcome] = self.crm.records.insert("Leads", [LEAD])
        assert outcome.id is not None
        return outcome.id

    @cached_property
    def read_job(self) -> ReadJob:
        """A bulk read that has ended."""
        job_id = self.crm.bulk_read.create(READ_LEADS)
        return until_ended(lambda: self.crm.bulk_read.job(job_id))

    @cached_property
    def mass_update(self) -> str:
        """The id of a mass update that has ended."""
        actions = self.crm.mass_actions
        job_id = actions.update_view("Leads", ALL_LEADS, {"City": "Utrecht"})
        until_ended(lambda: actions.update_job("Leads", job_id))
        return job_id

    @cached_property
    def mass_delete(self) -> str:
        """The id of a mass delete that has ended."""
        self.crm.records.insert("Contacts", [{"Last_Name": "Person 6"}])
        actions = self.crm.mass_actions
        job_id = actions.delete_view("Contacts", ALL_CONTACTS)
        until_ended(lambda: actions.delete_job("Contacts", job_id))
        return job_id

    @property
    def target(self) -> Path:
        return self.folder / "result.zip"


def until_ended(look: Callable[[], Any]) -> Any:
    """A job of any kind once it has ended."""
    for _ in range(1500):
        job: Job | ReadJob | MassJob = look()
        if job.state in (JobState.DONE, JobState.FAILED):
            return job
        time.sleep(0.02)
    raise AssertionError("the job did not end")


def ended(crm: CrmClient, job_id: str) -> Job:
    """A bulk write job once it has ended."""
    job: Job = until_ended(lambda: crm.bulk_write.job(job_id))
    return job


def leads_zip(folder: Path) -> Path:
    return csv_zip(folder, "Last_Name,Company", *(f"{name},Zylker" for name in NAMES))


def csv_zip(folder: Path, *lines: str) -> Path:
    """A zip with a leads.csv of these lines."""
    path = folder / "part-001.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("leads.csv", "\n".join(lines) + "\n")
    return path


def request_for(file_id: str) -> JobRequest:
    return JobRequest("Leads", Operation.INSERT, file_id, "leads.csv", FIELDS)


def statuses(caller: Caller, call: str) -> list[int | None]:
    """What the practice CRM has answered to `call` so far: None where it cut the connection."""
    log = caller.http.get("/control/calls").json()["calls"]
    return [entry["status"] for entry in log if entry["call"] == call]


def calls_cut_off(caller: Caller) -> int:
    """How many calls of the API the practice CRM has cut the connection to."""
    log = caller.http.get("/control/calls").json()["calls"]
    return [entry["status"] for entry in log].count(None)


def lead_count(caller: Caller) -> int:
    return len(caller.find("select id from Leads where Company = 'Zylker' limit 0, 200"))
