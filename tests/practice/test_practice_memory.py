"""A job of any length is worked on without being held in memory."""

import io
import threading
from pathlib import Path

from importer.practice.bulk.job_parsing import parse
from importer.practice.bulk.job_work import BATCH_ROWS, Desk, JobWork
from importer.practice.crm import PracticeCrm, Settings
from importer.practice.oauth.tokens import Credentials
from tests.memory import peak
from tests.practice.caller import job_body, zipped

FIELDS = ["Email", "Last_Name", "Company"]


def peak_of_a_job(folder: Path, rows: int) -> int:
    """The most bytes that Python holds while a job of so many rows is worked on."""
    crm = PracticeCrm(Settings(folder, Credentials(), pace_s=0), "http://practice.example")
    lines = [[f"lead{number}@example.com", "Rao", "Zylker"] for number in range(rows)]
    file_id, _ = crm.uploads.save(io.BytesIO(zipped([FIELDS, *lines])), "rows.zip")
    asked = parse(job_body(str(file_id), mappings=FIELDS), "v7", crm.uploads, crm.control.switches)
    with crm.store.transaction() as db:
        job_id = crm.jobs.accept(db, asked, 0)
    crm.jobs.start(crm.jobs.get(job_id))
    desk = Desk(crm.store, crm.uploads, crm.jobs, crm.control, threading.Event())
    work = JobWork(desk, crm.jobs.get(job_id))
    held = peak(work.do)
    assert crm.jobs.get(job_id).added == rows
    return held


def test_job_of_eight_times_the_rows_holds_no_more_in_memory(tmp_path):
    short = peak_of_a_job(tmp_path / "short", BATCH_ROWS)
    long = peak_of_a_job(tmp_path / "long", 8 * BATCH_ROWS)

    assert long < 1.5 * short
