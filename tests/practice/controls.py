"""What a test tells the practice CRM to suffer, and archives with several files."""

import csv
import io
import zipfile
from typing import Any

from tests.practice.caller import Caller, Rows, job_body, zipped

LINES = [["Last_Name", "Company"], *([f"Person {n}", "Zylker"] for n in range(1, 5))]
MAPPINGS = ["Last_Name", "Company"]


def suffer(caller: Caller, kind: str, **more: Any) -> None:
    """One more mishap to come."""
    answer = caller.http.post("/control/faults", json={"faults": [{"kind": kind, **more}]})
    assert answer.status_code == 200, answer.text


def turn(caller: Caller, **switches: Any) -> None:
    answer = caller.http.post("/control/switches", json=switches)
    assert answer.status_code == 200, answer.text


def let_pass(caller: Caller, seconds: float) -> None:
    """Put the practice CRM's clock forward."""
    caller.http.post("/control/clock", json={"advance_s": seconds}).raise_for_status()


def accepted(caller: Caller, body: Any, version: str = "v7") -> str:
    """The id of the job that is made of a request."""
    answer = caller.create(body, version)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["details"]["id"])


def four_leads(caller: Caller, **more: Any) -> str:
    """The id of a job that inserts four leads."""
    file_id = caller.uploaded(zipped(LINES))
    return accepted(caller, job_body(file_id, mappings=MAPPINGS, **more))


def archive_of(**files: list[list[str]]) -> bytes:
    """An archive with a CSV file for each name."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, lines in files.items():
            text = io.StringIO(newline="")
            csv.writer(text).writerows(lines)
            archive.writestr(f"{name}.csv", text.getvalue())
    return content.getvalue()


def results(caller: Caller, job: dict[str, Any]) -> dict[str, Rows]:
    """The rows of a job's result by the name of the file that they stand in."""
    answer = caller.http.get(job["result"]["download_url"])
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return {
            name: list(csv.DictReader(io.StringIO(archive.read(name).decode())))
            for name in archive.namelist()
        }
