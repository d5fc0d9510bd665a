"""A million rows through `run_import` against the practice CRM: what is ours of the time.

python -m tests.bench.whole_import --rows 1000000

Our own overhead is told twice: the processor time of our processes, and the clock's time in
which the CRM had no job of ours to work on. The peak is that of the largest of our processes.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from importer.crm.client import CrmClient
from importer.crm.hosts import one_host
from importer.crm.tokens import MemoryTokens
from tests.bench.generated import write_leads
from tests.bench.practice import CREDENTIALS
from tests.practice_server import ROOT, practice_crm

SAMPLED_S = 0.2
LIMIT_MB = 700


class Peak(threading.Thread):
    """Watches a process and all below it; the most memory that one of them has held."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        super().__init__(daemon=True)
        self.process, self.mb = process, 0.0

    def run(self) -> None:
        while self.process.poll() is None:
            self.mb = max([self.mb, *map(_held_mb, _family(self.process.pid))])
            time.sleep(SAMPLED_S)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with (
        tempfile.TemporaryDirectory(prefix="importer-bench-") as name,
        practice_crm(Path(name) / "crm") as address,
    ):
        folder = Path(name)
        with CrmClient(one_host(address), CREDENTIALS, MemoryTokens()) as crm:
            write_leads(folder / "leads.csv", rows, crm.module("Leads"))
        return _measure(folder, address, rows)


def _measure(folder: Path, address: str, rows: int) -> int:
    environment = os.environ | {
        "DATA_DIR": str(folder / "data"),
        "PRACTICE_CRM_URL": address,
        "LOG_LEVEL": "WARNING",
    }
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
    where = ["--connection", "practice", "--module", "Leads", "--operation", "insert"]
    command = [*manage, "run_import", str(folder / "leads.csv"), *where]
    before, began = os.times(), time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE)
    peak = Peak(process)
    peak.start()
    told = json.loads(process.communicate()[0])
    took, after = time.monotonic() - began, os.times()
    ours = sum(after[2:4]) - sum(before[2:4])
    with_crm = _covered((part["sent_at"], part["answered_at"]) for part in told["parts"])
    counts = told["counts"]
    print(f"run_import, {rows:,} rows x 20: {took:.0f} s, {len(told['parts'])} parts")
    print(f"  created {counts['created']:,}, held back {counts['held_back']:,}")
    print(f"  our processor time {ours:.0f} s, {rows / ours:,.0f} rows a second")
    print(f"  with no job at the CRM {took - with_crm:.0f} s of {took:.0f} s")
    print(f"  peak of our largest process {peak.mb:.0f} MB (limit {LIMIT_MB})")
    adds_up = counts["rows"] == rows == sum(counts.values()) - counts["rows"]
    if not adds_up or peak.mb > LIMIT_MB:
        print(f"  NOT AS IT SHOULD BE: {counts}")
        return 1
    return 0


def _covered(spans: Iterable[tuple[str | None, str | None]]) -> float:
    """How many seconds lie within at least one of the spans."""
    known = sorted((_moment(a), _moment(b)) for a, b in spans if a and b)
    covered, until = 0.0, 0.0
    for start, end in known:
        covered += max(0.0, end - max(start, until))
        until = max(until, end)
    return covered


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _family(pid: int) -> list[int]:
    """A process and its descendants (Linux)."""
    try:
        below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(one for child in below for one in _family(int(child)))]


def _held_mb(pid: int) -> float:
    """What the process holds in memory now (Linux)."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


if __name__ == "__main__":
    sys.exit(main())
