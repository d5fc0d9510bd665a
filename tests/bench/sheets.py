"""How fast spreadsheets are read and staged, beside what others take for the same files.

python -m tests.bench.sheets                    # 200,000 rows of 20 columns; a few minutes
python -m tests.bench.sheets --million          # the full figures, memory too; half an hour
python -m tests.bench.sheets --only xlsx --rounds 1
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from importer.sheets import readers
from tests.bench.sheet_binary_files import write_ods, write_xls, write_xlsb
from tests.bench.sheet_files import write_csv, write_inline_xlsx, write_xlsx

ROWS, MILLION, OLD_FORMATS_HOLD = 200_000, 1_000_000, 50_000
ROOT = Path(__file__).parents[2]
PEERS_PYTHON = ROOT / ".venv-bench/bin/python"


@dataclass(frozen=True, slots=True)
class Peer:
    """Another way to read the same file: a function of `sheet_peers`."""

    job: str
    goal: float | None = None  # our time may be so many times the peer's
    once: bool = False  # too slow to repeat


@dataclass(frozen=True, slots=True)
class Case:
    """A file to read, by us and by others."""

    name: str
    suffix: str
    write: Callable[[Path, int], None]
    peers: tuple[Peer, ...] = ()
    at_most_mb: int | None = None  # of memory; judged at a million rows only
    at_most_rows: int = MILLION
    job: str = "staged"  # a function of `sheet_readers`
    at_most_s: float | None = None


_CALAMINE, _OPENPYXL = Peer("calamine_parse", 0.8), Peer("openpyxl_rows", 1 / 12, once=True)
_TEXT_PEERS = (Peer("polars_csv", 1.5), Peer("pandas_csv"), Peer("csv_rows"))

_ROWS_OF_CALAMINE = (Peer("calamine_rows", 1.5), Peer("calamine_parse"))


def _old_format(suffix: str, write: Callable[[Path, int], None]) -> Case:
    """Read but not staged, as its peer does."""
    return Case(
        suffix[1:], suffix, write, _ROWS_OF_CALAMINE, at_most_rows=OLD_FORMATS_HOLD, job="parsed"
    )


CASES = (
    Case("xlsx", ".xlsx", write_xlsx, (_CALAMINE, _OPENPYXL), at_most_mb=700),
    Case("xlsx, inline texts", ".xlsx", write_inline_xlsx, (_CALAMINE,), at_most_mb=700),
    Case("xlsx, first rows", ".xlsx", write_xlsx, job="top", at_most_s=1),
    Case("csv", ".csv", write_csv, _TEXT_PEERS, at_most_mb=500),
    Case("csv, bare reading", ".csv", write_csv, (Peer("polars_csv", 0.9),), job="parsed"),
    Case("csv, first rows", ".csv", write_csv, job="top", at_most_s=1),
    Case("csv, three pages of it", ".csv", write_csv, job="paged", at_most_s=0.1),  # together
    _old_format(".xls", write_xls),
    _old_format(".xlsb", write_xlsb),
    _old_format(".ods", write_ods),
)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one child process took."""

    seconds: float  # of the work, imports left out
    cpu_s: float  # of the whole process, on all cores
    peak_mb: float


def main() -> None:
    arguments = _arguments()
    rows = MILLION if arguments.million else arguments.rows
    with tempfile.TemporaryDirectory(prefix="bench-sheets-") as folder:
        files = _Files(Path(folder))
        for case in CASES:
            if arguments.only in case.name:
                _compare(case, files, min(rows, case.at_most_rows), arguments.rounds)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--million", action="store_true", help="the rows of the full figures")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median counts")
    parser.add_argument("--only", default="", help="the cases with this in their name")
    return parser.parse_args()


class _Files:
    """Every file is written once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def file(self, case: Case, rows: int) -> Path:
        path = self.folder / f"{case.write.__name__}-{rows}{case.suffix}"
        if not path.exists():
            case.write(path, rows)
        return path


def _compare(case: Case, files: _Files, rows: int, rounds: int) -> None:
    path = files.file(case, rows)
    print(f"\n{case.name}: {rows:,} rows, {path.stat().st_size / 1e6:,.0f} MB")
    jobs = [case.job, *(peer.job for peer in case.peers)]
    once = {peer.job for peer in case.peers if peer.once}
    costs: dict[str, list[Cost]] = {job: [] for job in jobs}
    for turn in range(rounds):  # in turn, so that a busy machine is busy for all
        for job in jobs:
            if not (turn and job in once):
                costs[job].append(_run(job, path, files.folder / "target.parquet"))
    for job in jobs:
        _tell(job, costs[job])
    _judge(case, costs, rows)


def _run(job: str, path: Path, target: Path) -> Cost:
    """Run a job in a process of its own, with nothing at `target` that it would have to replace."""
    target.unlink(missing_ok=True)
    python, module, env = sys.executable, "tests.bench.sheet_readers", readers.environment()
    if job not in {case.job for case in CASES}:
        python, module, env = str(PEERS_PYTHON), "tests.bench.sheet_peers", None
    process = subprocess.Popen(
        [python, "-m", module, job, str(path), str(target)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=env,
    )
    told = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{job} failed on {path.name}")
    seconds, peak_mb = map(float, told.split())
    return Cost(seconds, usage.ru_utime + usage.ru_stime, peak_mb)


def _tell(job: str, costs: list[Cost]) -> None:
    print(
        f"  {job:16} {_seconds(costs):7.2f} s   CPU {median(cost.cpu_s for cost in costs):7.2f} s"
        f"   peak {_peak_mb(costs):6,.0f} MB"
    )


def _judge(case: Case, costs: dict[str, list[Cost]], rows: int) -> None:
    ours = costs[case.job]
    for peer in case.peers:
        _verdict(f"of {peer.job}’s time", _seconds(ours) / _seconds(costs[peer.job]), peer.goal)
    _verdict("s", _seconds(ours), case.at_most_s)
    if rows == MILLION:
        _verdict("MB", _peak_mb(ours), case.at_most_mb)


def _verdict(what: str, measured: float, goal: float | None) -> None:
    if goal is not None:
        told = "as it should be" if measured <= goal else "TOO MUCH"
        print(f"  {measured:,.2f} {what}, at most {goal:,.2f}: {told}")


def _seconds(costs: list[Cost]) -> float:
    return median(cost.seconds for cost in costs)


def _peak_mb(costs: list[Cost]) -> float:
    return max(cost.peak_mb for cost in costs)


if __name__ == "__main__":
    main()
