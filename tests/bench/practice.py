"""How fast the practice CRM is beside our own work, so that no benchmark measures it by mistake.

python -m tests.bench.practice  # about a minute

Both sides are told by the clock and by the time of the processor: on a busy machine only the
second says anything. The bench fails if the practice CRM was at work while we were measured.
"""

import argparse
import os
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
from importer.practice.storage.store import Store, next_ids
from importer.practice.storage.stored_records import Data, StoredRecords
from importer.sheets import inspect, stage
from tests.bench.generated import FIELDS, write_leads
from tests.practice_server import STOPS_WITHIN_S, address_of, start_practice_crm

CREDENTIALS = Credentials("1000.PRACTICE", "practice-secret", "1000.practice.refresh")
MAPPING = Mapping(tuple(ColumnMapping(name, name) for name in FIELDS))
ROWS, FEW, MANY = 100_000, 1_000, 1_000_000
LOOK_UPS = 5_000
FILLED_AT_ONCE = 10_000
MOST_OF_THEIRS = 0.05  # of our processor time: it looks for work twenty times a second
LOOKS_EVERY_S = 0.1  # seldom enough that the answers cost the jobs no time


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of a stage: by the clock, and of the processor for us and for the practice CRM."""

    clock: float = 0.0
    ours: float = 0.0
    theirs: float = 0.0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(self.clock + other.clock, self.ours + other.ours, self.theirs + other.theirs)

    def __sub__(self, other: "Spent") -> "Spent":
        return self + Spent(-other.clock, -other.ours, -other.theirs)


@dataclass(slots=True)
class Clock:
    """What each stage has taken so far; `process` is the practice CRM's."""

    process: subprocess.Popen[str]
    stages: dict[str, Spent] = field(default_factory=dict)

    @contextmanager
    def time(self, stage: str) -> Iterator[None]:
        start = self._now()
        yield
        self.stages[stage] = self.stages.get(stage, Spent()) + self._now() - start

    @property
    def total(self) -> Spent:
        return sum(self.stages.values(), Spent())

    def _now(self) -> Spent:
        """Since some moment or other; our processor's time is also that of ended children."""
        return Spent(time.perf_counter(), sum(os.times()[:4]), _processor_s(self.process))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS, help="of the file that is imported")
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        _compare_with_our_work(Path(folder), rows)
        _compare_look_ups(Path(folder), FEW, MANY)


# Jobs


def _compare_with_our_work(folder: Path, rows: int) -> None:
    """Import a file: our stages on one clock, the practice CRM's jobs on another.

    Only one of the two clocks ever runs. That the other side rests meanwhile is looked at too.
    """
    process = start_practice_crm(folder / "practice")
    try:
        with CrmClient(one_host(address_of(process)), CREDENTIALS, MemoryTokens()) as crm:
            ours, theirs, parts = Clock(process), Clock(process), _Parts(crm, folder)
            parts.run(rows, ours, theirs)
        _tell_stages(f"Our own work on {rows:,} rows of {len(FIELDS)} columns", ours, rows)
        _tell(f"  our peak memory: {_our_peak_mb():,.0f} MB")
        _tell_stages(f"The practice CRM's work on {parts.count} jobs", theirs, rows)
        job = theirs.stages["job"]
        _tell(f"  a job, accepted to result there: {job.clock / parts.count:.2f} s")
        _tell(f"  its processor time for a job: {job.theirs / parts.count:.2f} s")
        _tell(f"  its peak memory: {_peak_mb(process):,.0f} MB")
        _tell_ratio(ours.total, theirs.total)
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
            file_id = self.crm.bulk_write.upload(archive, self.zgid)
        with theirs.time("job"):
            job_id = self.crm.bulk_write.create(_request(file_id, packed))
            _await(self.crm, job_id)
        with theirs.time("download"):
            self.crm.bulk_write.download(self.crm.bulk_write.job(job_id), result)
        ledger = self.folder / f"part-{self.count}.parquet"
        with ours.time("reconcile"):
            found = reconcile(checked, piece, self.module, result, Operation.INSERT, None)
            found.ledger.write_parquet(ledger)
        return ledger


def _request(file_id: str, packed: Packed) -> JobRequest:
    fields = tuple(
        FieldMapping(field.api_name, place, format=field.format)
        for place, field in enumerate(packed.fields)
    )
    return JobRequest("Leads", Operation.INSERT, file_id, "leads.csv", fields)


def _await(crm: CrmClient, job_id: str) -> None:
    while True:
        job = crm.bulk_write.job(job_id)
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
        numbers = range(first, min(first + FILLED_AT_ONCE, count))
        with store.transaction() as db:
            ids = next_ids(db, len(numbers))
            leads = {one: _lead(number) for one, number in zip(ids, numbers, strict=True)}
            StoredRecords(db).insert(LEADS, leads)
    return StoredRecords(store.db)


def _lead(number: int) -> Data:
    name = f"No. {number}"
    return {"Email": f"lead{number}@example.com", "Last_Name": name, "Full_Name": name}


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
    total = clock.total
    _tell(f"{title}: {total.clock:.1f} s, {rows / total.clock:,.0f} rows a second")
    _tell("                   clock    processor: ours    theirs")
    for name, spent in clock.stages.items():
        _tell(f"  {name:<12} {spent.clock:7.2f} s {spent.ours:14.2f} s {spent.theirs:7.2f} s")


def _tell_ratio(ours: Spent, theirs: Spent) -> None:
    """Whether a figure that holds both would say more about the practice CRM than about us."""
    ratio = theirs.theirs / ours.ours
    _tell(f"The practice CRM uses {ratio:.2f} times as much of the processor as we do.")
    strange = ours.theirs / ours.ours
    _tell(f"While our own work was measured, it used {strange:.1%} of what we did.")
    if strange > MOST_OF_THEIRS:
        raise SystemExit("That is too much: our own figures hold some of the practice CRM's work.")


def _our_peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _processor_s(process: subprocess.Popen[str]) -> float:
    """What the process has used so far (Linux): unlike a clock, fair on a busy machine."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak_mb(process: subprocess.Popen[str]) -> float:
    """The most memory that the process has ever held (Linux)."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(peak.split()[1]) / 1024


def _tell(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
