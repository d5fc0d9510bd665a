"""Files of any size go through the client without being held in memory."""

import gc
import zipfile
from pathlib import Path

import httpx
import pytest

from importer.crm.bulk_read import ReadJob
from importer.crm.jobs import Job, JobState
from tests.memory import peak
from tests.practice.caller import ZGID

MB = 1024**2
LARGE, PIECE, ALLOWED = 20 * MB, 64 * 1024, 4 * MB


def test_upload_holds_a_small_part_of_the_file(caller, connect, tmp_path: Path):
    path = tmp_path / "part-001.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("leads.csv", b"x" * LARGE)
    crm = connect()
    crm.organisation()

    held = peak(lambda: crm.bulk_write.upload(path, ZGID))

    assert held < ALLOWED


WRITTEN = Job("57", JobState.DONE, "SUCCESS", 1, 0, 0, 1, download_url=None)
READ = ReadJob("57", JobState.DONE)


@pytest.mark.parametrize(("group", "job"), [("bulk_write", WRITTEN), ("bulk_read", READ)])
def test_download_holds_a_small_part_of_the_file(client, crm, tmp_path: Path, group, job):
    pieces = (b"x" * PIECE for _ in range(LARGE // PIECE))
    headers = {"Content-Type": "application/zip"}
    crm.script = [httpx.Response(200, content=pieces, headers=headers)]
    target = tmp_path / "result.zip"

    held = peak(lambda: getattr(client, group).download(job, target))

    assert target.stat().st_size == LARGE
    assert held < ALLOWED


def test_long_list_holds_one_page_at_a_time(client, crm):
    text = "x" * 2000

    def page(request: httpx.Request) -> httpx.Response:
        gc.collect()  # what is held is counted, not what waits to be freed
        records = [{"id": str(n), "Description": text + str(n)} for n in range(200)]
        info = {"more_records": bool(crm.script), "next_page_token": "next"}
        return httpx.Response(200, json={"data": records, "info": info})

    crm.script = [page] * (LARGE // (200 * len(text)))

    gc.freeze()
    held = peak(lambda: sum(1 for _ in client.records.all("Leads", ["Description"])))
    gc.unfreeze()

    assert crm.script == []
    assert held < ALLOWED
