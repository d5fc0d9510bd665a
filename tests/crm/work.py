"""Every call that the client makes of a CRM, and what these calls need."""

import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from importer.crm.client import Credentials, CrmClient
from importer.crm.jobs import FieldMapping, Job, JobRequest, JobState
from importer.crm.schema import Operation
from tests.practice.caller import ZGID, Caller

CREDENTIALS = Credentials("1000.PRACTICE", "practice-secret", "1000.practice.refresh")
FIELDS = (FieldMapping("Last_Name", 0), FieldMapping("Company", 1))
NAMES = ("Person 1", "Person 2", "Person 3", "Person 4")
CREATE = "POST /crm/bulk/*/write"


@dataclass(frozen=True, slots=True)
class Work:
    """A file to upload, a request to start a job of it, and such a job that has ended."""

    zip_path: Path
    request: JobRequest
    job: Job

    @property
    def target(self) -> Path:
        return self.zip_path.with_name("result.zip")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address of the CRM, as mishaps name it, and a call of the client's that asks there."""

    on: str
    call: Callable[[CrmClient, Work], object]
    repeatable: bool = True


ENDPOINTS = {
    "organisation": Endpoint("GET /crm/*/org", lambda crm, work: crm.organisation()),
    "user": Endpoint("GET /crm/*/users", lambda crm, work: crm.organisation()),
    "modules": Endpoint("GET /crm/*/settings/modules", lambda crm, work: crm.modules()),
    "module": Endpoint("GET /crm/*/settings/modules/*", lambda crm, work: crm.module("Leads")),
    "fields": Endpoint("GET /crm/*/settings/fields", lambda crm, work: crm.module("Leads")),
    "layouts": Endpoint("GET /crm/*/settings/layouts", lambda crm, work: crm.module("Leads")),
    "upload": Endpoint("POST /crm/*/upload", lambda crm, work: crm.upload(work.zip_path, ZGID)),
    "create_job": Endpoint(
        CREATE, lambda crm, work: crm.create_job(work.request), repeatable=False
    ),
    "job": Endpoint("GET /crm/bulk/*/write/*", lambda crm, work: crm.job(work.job.id)),
    "result": Endpoint(
        "GET /*write/*", lambda crm, work: crm.download_result(work.job, work.target)
    ),
}
HARMLESS = {name: endpoint for name, endpoint in ENDPOINTS.items() if endpoint.repeatable}


def work_for(crm: CrmClient, folder: Path) -> Work:
    """Four leads, with the job that has written them once."""
    zip_path = leads_zip(folder)
    request = request_for(crm.upload(zip_path, ZGID))
    return Work(zip_path, request, ended(crm, crm.create_job(request)))


def leads_zip(folder: Path) -> Path:
    path = folder / "part-001.zip"
    with zipfile.ZipFile(path, "w") as archive:
        lines = ["Last_Name,Company", *(f"{name},Zylker" for name in NAMES)]
        archive.writestr("leads.csv", "\n".join(lines) + "\n")
    return path


def request_for(file_id: str) -> JobRequest:
    return JobRequest("Leads", Operation.INSERT, file_id, "leads.csv", FIELDS)


def ended(crm: CrmClient, job_id: str) -> Job:
    """The job once it has ended."""
    for _ in range(1500):
        job = crm.job(job_id)
        if job.state in (JobState.DONE, JobState.FAILED):
            return job
        time.sleep(0.02)
    raise AssertionError(f"job {job_id} did not end")


def statuses(caller: Caller, call: str) -> list[int | None]:
    """What the practice CRM has answered to `call` so far: None where it cut the connection."""
    log = caller.http.get("/control/calls").json()["calls"]
    return [entry["status"] for entry in log if entry["call"] == call]


def lead_count(caller: Caller) -> int:
    return len(caller.find("select id from Leads where Company = 'Zylker' limit 0, 200"))
