"""A caller of the practice CRM who knows how to upload a file, run a job and read its result."""

import csv
import io
import time
import zipfile
from collections.abc import Sequence
from typing import Any

import httpx

ZGID = "808232144"
CREDENTIALS = {
    "grant_type": "refresh_token",
    "client_id": "1000.PRACTICE",
    "client_secret": "practice-secret",
    "refresh_token": "1000.practice.refresh",
}
Rows = list[dict[str, str]]


class Caller:
    """A client of the practice CRM with a token of its own."""

    def __init__(self, address: str) -> None:
        self.address = address
        # Reading certificates, which no test's address has, takes longer than most calls.
        self.http = httpx.Client(base_url=address, timeout=30, verify=False)
        token = self.http.post("/oauth/v2/token", data=CREDENTIALS).json()["access_token"]
        self.http.headers["Authorization"] = f"Zoho-oauthtoken {token}"

    def upload(self, content: bytes, **headers: str) -> httpx.Response:
        headers = {"feature": "bulk-write", "X-CRM-ORG": ZGID, **headers}
        return self.http.post("/crm/v7/upload", files={"file": content}, headers=headers)

    def uploaded(self, content: bytes) -> str:
        return str(self.upload(content).json()["details"]["file_id"])

    def create(self, body: Any, version: str = "v7") -> httpx.Response:
        return self.http.post(f"/crm/bulk/{version}/write", json=body)

    def finished(self, job_id: str) -> dict[str, Any]:
        """The job once it has ended."""
        for _ in range(1500):
            job: dict[str, Any] = self.http.get(f"/crm/bulk/v7/write/{job_id}").json()
            if job["status"] in ("COMPLETED", "FAILED"):
                return job
            time.sleep(0.02)
        raise AssertionError(f"job {job_id} did not end")

    def result(self, job: dict[str, Any]) -> Rows:
        """The rows of a job's result, by header."""
        answer = self.http.get(job["result"]["download_url"])
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            text = archive.read(archive.namelist()[0]).decode()
        return list(csv.DictReader(io.StringIO(text)))

    def run(self, lines: Sequence[Sequence[str]], **request: Any) -> Rows:
        """Run a job over `lines`, the first being the header, and wait for its result."""
        body = job_body(self.uploaded(zipped(lines)), **request)
        answer = self.create(body)
        assert answer.status_code == 201, answer.text
        return self.result(self.finished(answer.json()["details"]["id"]))

    def find(self, query: str) -> list[dict[str, Any]]:
        """What COQL finds."""
        answer = self.http.post("/crm/v7/coql", json={"select_query": query})
        return answer.json()["data"] if answer.status_code == 200 else []

    def record(self, module: str, record_id: str) -> dict[str, Any]:
        record: dict[str, Any] = self.http.get(f"/crm/v7/{module}/{record_id}").json()["data"][0]
        return record


def zipped(
    lines: Sequence[Sequence[str]],
    *,
    encoding: str = "utf-8",
    delimiter: str = ",",
    name: str = "rows.csv",
) -> bytes:
    """An archive with one CSV file."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(lines)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr(name, text.getvalue().encode(encoding))
    return archive.getvalue()


def job_body(file_id: str, *, module: str = "Leads", operation: str = "insert", **more: Any) -> Any:
    """A request; `mappings` are field names in the order of the columns, or whole mappings."""
    mappings = more.pop("mappings", None)
    top = {key: more.pop(key) for key in ("callback", "character_encoding") if key in more}
    resource = {"type": "data", "module": {"api_name": module}, "file_id": file_id, **more}
    if mappings is not None:
        resource["field_mappings"] = [
            {"api_name": one, "index": index} if isinstance(one, str) else one
            for index, one in enumerate(mappings)
        ]
    return {"operation": operation, "resource": [resource], **top}
