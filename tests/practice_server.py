"""Runs the practice CRM for a test, in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE

import httpx

ROOT = Path(__file__).resolve().parent.parent
STOPS_WITHIN_S = 15


@contextmanager
def practice_crm(data_dir: Path, **options: object) -> Iterator[str]:
    """The address of a practice CRM that keeps its data in `data_dir`; it is stopped at the end.

    `options` are those of its command line: `pace=2` keeps jobs waiting for two seconds.
    """
    process = start_practice_crm(data_dir, **options)
    try:
        yield address_of(process)
    finally:
        process.terminate()
        process.wait(STOPS_WITHIN_S)


def start_practice_crm(data_dir: Path, **options: object) -> subprocess.Popen[str]:
    """The process, not yet ready: for a test that ends it in its own way."""
    command = [sys.executable, "-m", "importer.practice", "--json", "--data", str(data_dir)]
    for name, value in {"port": 0, "pace": 0, **options}.items():
        command += [f"--{name}", str(value)]
    return subprocess.Popen(command, cwd=ROOT, stdout=PIPE, text=True)


def address_of(process: subprocess.Popen[str]) -> str:
    """Where the practice CRM is, once it answers."""
    assert process.stdout is not None
    announcement = process.stdout.readline()
    assert announcement, f"the practice CRM ended with status {process.wait()}"
    address = str(json.loads(announcement)["address"])
    httpx.get(f"{address}/health", verify=False).raise_for_status()
    return address
