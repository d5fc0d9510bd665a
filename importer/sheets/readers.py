"""The processes that read files: one for each file, and a spare one that has started ahead."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock
from typing import IO, Self

from importer.sheets.guard import MB

_HOME = Path(__file__).resolve().parents[2]  # where the process finds `importer`
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
_TUNED = {
    # Memory goes back to the system late: the next rows ask for as much, which would take a tenth
    # of the whole time. The C library's is Python's and NumPy's, the other one polars'.
    "MALLOC_MMAP_THRESHOLD_": str(64 * MB),
    "MALLOC_TRIM_THRESHOLD_": str(256 * MB),
    "_RJEM_MALLOC_CONF": "dirty_decay_ms:10000,muzzy_decay_ms:10000",
    "OPENBLAS_NUM_THREADS": "1",  # no matrix here is worth the start of a thread
}


@dataclass(frozen=True, slots=True)
class Reader:
    """A process that waits for its one order, a line (`__main__.py`).

    It ends with ours, however that ends: then its standard input is closed.
    """

    process: subprocess.Popen[str]
    traces: IO[str]  # what it says on standard error

    @classmethod
    def start(cls) -> Self:
        traces = TemporaryFile("w+")  # noqa: SIM115 - closed on leaving the block
        process = subprocess.Popen(
            [sys.executable, "-m", "importer.sheets"],
            cwd=_HOME,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=traces,
            text=True,
            process_group=0,  # what interrupts us at a terminal is ours to pass on
        )
        return cls(process, traces)

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def carry_out(self, order: str) -> Iterator[str]:
        """The lines that it tells of an order, to its end."""
        with suppress(BrokenPipeError):  # that was before the order
            print(order, file=self.process.stdin, flush=True)
        yield from self.process.stdout or ()

    def end(self) -> tuple[int, str]:
        """Its status, and what it said on standard error, once it has ended by itself."""
        status = self.process.wait()
        self.traces.seek(0)
        return status, self.traces.read()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """It ends here, if not before."""
        with self.traces, suppress(BrokenPipeError), self.process:
            self.process.kill()


def environment() -> dict[str, str]:
    """What a reader starts with. None of our secrets: who reads a stranger's file needs none."""
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return passed_on | _TUNED


@dataclass(slots=True)
class Readers:
    """Gives readers out. Once asked to, it keeps a spare one, so that nobody waits for its start.

    A forked process has none of its own: two would read each other's answers.
    """

    _is_kept: bool = False
    _spare: Reader | None = None
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        os.register_at_fork(after_in_child=self._forget_spare)

    def _forget_spare(self) -> None:
        self._spare, self._lock = None, Lock()

    def keep_spare(self) -> None:
        self._is_kept = True
        self.renew_spare()

    def renew_spare(self) -> None:
        """Start another in place of the spare one that was taken, unless that is done."""
        with self._lock:
            if self._is_kept and self._spare is None:
                self._spare = Reader.start()

    @contextmanager
    def one(self) -> Iterator[Reader]:
        """A reader that nobody else has."""
        with self._lock:
            spare, self._spare = self._spare, None
        try:
            with spare if spare and spare.is_alive else Reader.start() as reader:
                yield reader
        finally:
            self.renew_spare()
