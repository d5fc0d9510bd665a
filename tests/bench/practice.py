"""How fast the practice CRM is beside our own work, so that no benchmark measures it by mistake.

python -m tests.bench.practice            # about a minute
python -m tests.bench.practice --million  # look-ups among a million leads
"""

import argparse
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from importer.bulk import Packed, Slice, cut, pack, reconcile, write_ledger
from importer.checks import check
from importer.crm.client import Credentials, CrmClient
from importer.crm.hosts import one_host
from importer.crm.jobs import FieldMapping, JobRequest, JobState
from importer.crm.schema import Operation
from importer.crm.tokens import MemoryTokens
from importer.mapping import ColumnMapping, Mapping
from importer.practice.organisation.people_modules import LEADS
from importer.practice.storage.store import Store
from importer.practice.storage.stored_records import Data, StoredRecords
from importer.sheets import inspect, stage
from tests.bench.generated import FIELDS, write_leads
from tests.practice_server import STOPS_WITHIN_S, address_of, start_practice_crm

CREDENTIALS = Credentials("1000.PRACTICE", "practice-secret", "1000.practice.refresh")
MAPPING = Mapping(tuple(ColumnMapping(name, name) for name in FIELDS))
ROWS, FEW, MANY, MILLION = 100_000, 1_000, 200_000, 1_000_000
LOOK_UPS = 5_000
FILLED_AT_ONCE = 10_000
LOOKS_EVERY_S = 0.05


@dataclass(slots=True)
class Clock:
    """The seconds that each stage has taken so far."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def time(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - start

    @property
    def total(self) -> float:
        return sum(self.seconds.values())


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        _compare_with_our_work(Path(folder), arguments.rows)
        _compare_look_ups(Path(folder), FEW, MILLION if arguments.million else MANY)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS, help="of the file that is imported")
    parser.add_argument("--million", action="store_true", help="look up among a million leads")
    return parser.parse_args()


# Jobs


def _compare_with_our_work(folder: Path, rows: int) -> None:
    """Import a file: our stages on one clock, the practice CRM's jobs on another."""
    process = start_practice_crm(folder / "practice")
    try:
        with CrmClient(one_host(address_of(process)), CREDENTIALS, MemoryTokens()) as crm:
            ours, theirs, parts = Clock(), Clock(), _Parts(crm, folder)
            parts.run(rows, ours, theirs)
        _tell_stages(f"Our own work on {rows:,} rows of {len(FIELDS)} columns", ours, rows)
        _tell(f"  our peak memory: {_our_peak_mb():,.0f} MB")
        _tell_stages(f"The practice CRM's work on {parts.count} jobs", theirs, rows)
        _tell(f"  a job, accepted to result there: {theirs.seconds['job'] / parts.count:.2f} s")
        _tell(f"  its peak memory: {_peak_mb(process):,.0f} MB")
        _tell(f"The practice CRM takes {theirs.total / ours.total:.2f} times as long as we do.")
    finally:
        process.terminate()
        process.wait(STOPS_WITHIN_S)


class _Parts:
    """One import through every stage."""

    def __init__(self, crm: CrmClient, folder: Path) -> None:
        self.crm, self.folder, self.count = crm, folder, 0
        self.module, self.zgid = crm.module("Leads"), crm.organisation().zgid

    def run(self, rows: int, ours: Clock, theirs: Clock) -> None:
        source, table = self.folder / "leads.csv", self.folder / "table.parquet"
        checked, problems = self.folder / "checked.parquet", self.folder / "problems.parquet"
        write_leads(source, rows, self.module)
        with ours.time("read"):
            stage(source, inspect(source).reading, table)
        with ours.time("check"):
            insert = Operation.INSERT, None
            check(table, MAPPING, self.module, *insert, "UTC", checked, problems)
        with ours.time("pack"):
            slices = cut(checked)
        ledgers = [self._part(checked, piece, ours, theirs) for piece in slices]
        with ours.time("reconcile"):
            balance = write_ledger(table, ledgers, problems, self.folder / "ledger.parquet")
        _tell(f"{balance.created:,} of {balance.rows:,} leads created.")

    def _part(self, checked: Path, piece: Slice, ours: Clock, theirs: Clock) -> Path:
        self.count += 1
        archive, result = self.folder / "part.zip", self.folder / "result.zip"
        with ours.time("pack"):
            packed = pack(checked, piece, self.module, archive, "leads.csv")
        with theirs.time("upload"):
            file_id = self.crm.upload(archive, self.zgid)
        with theirs.time("job"):
            job_id = self.crm.create_job(_request(file_id, packed))
            _await(self.crm, job_id)
        with theirs.time("download"):
            self.crm.download_result(self.crm.job(job_id), result)
        ledger = self.folder / f"part-{self.count}.parquet"
        with ours.time("reconcile"):
            outcomes = reconcile(checked, piece, self.module, result, Operation.INSERT, None)
            outcomes.write_parquet(ledger)
        return ledger


def _request(file_id: str, packed: Packed) -> JobRequest:
    fields = tuple(
        FieldMapping(field.api_name, place, format=field.format)
        for place, field in enumerate(packed.fields)
    )
    return JobRequest("Leads", Operation.INSERT, file_id, "leads.csv", fields)


def _await(crm: CrmClient, job_id: str) -> None:
    while True:
        job = crm.job(job_id)
        if job.state is JobState.DONE and job.download_url:
            return
        if job.state is JobState.FAILED:
            raise SystemExit(f"The job failed: {job.code}")
        time.sleep(LOOKS_EVERY_S)


# Look-ups


def _compare_look_ups(folder: Path, few: int, many: int) -> None:
    """Find leads by their e-mail address among few and among many."""
    seconds = {}
    for count in (few, many):
        start = time.perf_counter()
        records = _filled(folder / f"store-{count}", count)
        filled_s = time.perf_counter() - start
        seconds[count] = _best(partial(_look_up, records, count))
        micros = seconds[count] / LOOK_UPS * 1e6
        _tell(f"{micros:.1f} µs to find one of {count:,} leads (stored in {filled_s:.1f} s)")
    _tell(
        f"A look-up among {many:,} takes {seconds[many] / seconds[few]:.2f} times as long as"
        f" among {few:,}."
    )


def _filled(folder: Path, count: int) -> StoredRecords:
    store = Store(folder)
    for first in range(0, count, FILLED_AT_ONCE):
        with store.transaction() as db:
            records = StoredRecords(db)
            for number in range(first, min(first + FILLED_AT_ONCE, count)):
                lead: Data = {"Email": f"lead{number}@example.com", "Last_Name": f"No. {number}"}
                records.add(LEADS, lead)
    return StoredRecords(store.db)


def _look_up(records: StoredRecords, count: int) -> None:
    for number in range(LOOK_UPS):
        place = number * 7919 % count  # all over the place: 7919 is a prime
        if len(records.find(LEADS, "Email", f"lead{place}@example.com")) != 1:
            raise SystemExit(f"lead {place} was not found")


def _best(call: Callable[[], None]) -> float:
    """The shortest of three times, in seconds."""
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return min(taken)


# What is told


def _tell_stages(title: str, clock: Clock, rows: int) -> None:
    _tell(f"{title}: {clock.total:.1f} s, {rows / clock.total:,.0f} rows a second")
    for name, seconds in clock.seconds.items():
        _tell(f"  {name:<10} {seconds:6.2f} s {seconds / clock.total:6.0%}")


def _our_peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _peak_mb(process: subprocess.Popen[str]) -> float:
    """The most memory that the process has ever held (Linux)."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(peak.split()[1]) / 1024


def _tell(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
