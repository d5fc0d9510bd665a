"""What reading a file takes, measured in a process of its own that reads one after the other.

Run as a program it is that process: it is told paths, a line each, and tells what came of them.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from importer import sheets

MB = 1024**2
HOME = Path(__file__).parents[2]


@dataclass(frozen=True)
class Cost:
    """What came of reading a file."""

    outcome: str  # "read", or the sentence with which it was refused
    rows: int
    peak_mb: float  # of memory, beyond what the process had before


class Meter:
    """Measures, for as long as its block lasts."""

    def __enter__(self):
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd=HOME,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_):
        self._process.communicate()

    def read(self, path: Path) -> Cost:
        self._process.stdin.write(f"{path}\n")
        self._process.stdin.flush()
        told = self._process.stdout.readline()
        assert told, "the process did not survive"
        return Cost(**json.loads(told))


def _measured(path: Path) -> Cost:
    before = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew: proc_pid_clear_refs(5)
    rows, outcome = 0, "read"
    with TemporaryDirectory() as folder:
        try:
            reading = sheets.inspect(path).reading
            rows = sheets.stage(path, reading, Path(folder) / "table.parquet").rows
        except sheets.UnreadableFile as error:
            outcome = str(error)
    return Cost(outcome, rows, (_memory("VmHWM") - before) / MB)


def _memory(name: str) -> int:
    """Bytes, as /proc/self/status has them."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise LookupError(name)


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(vars(_measured(Path(line.rstrip("\n"))))), flush=True)
