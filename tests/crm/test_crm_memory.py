"""Files of any size go through the client without being held in memory."""

import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import httpx

from importer.crm.jobs import Job, JobState
from tests.practice.caller import ZGID

MB = 1024**2
LARGE, PIECE, ALLOWED = 20 * MB, 64 * 1024, 4 * MB


def peak(call: Callable[[], object]) -> int:
    """The most bytes of Python objects that were held at a time during a call."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_upload_holds_a_small_part_of_the_file(caller, connect, tmp_path: Path):
    path = tmp_path / "part-001.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("leads.csv", b"x" * LARGE)
    crm = connect()
    crm.organisation()

    held = peak(lambda: crm.upload(path, ZGID))

    assert held < ALLOWED


def test_download_holds_a_small_part_of_the_file(client, crm, tmp_path: Path):
    pieces = (b"x" * PIECE for _ in range(LARGE // PIECE))
    headers = {"Content-Type": "application/zip"}
    crm.script = [httpx.Response(200, content=pieces, headers=headers)]
    target = tmp_path / "result.zip"
    job = Job("57", JobState.DONE, "SUCCESS", 1, 0, 0, 1, download_url=None)

    held = peak(lambda: client.download_result(job, target))

    assert target.stat().st_size == LARGE
    assert held < ALLOWED
