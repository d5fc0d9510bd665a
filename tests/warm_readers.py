"""Readers that need not start: each is forked from one process that has imported all they need.

To start is half a second's work, for every file that a test reads; `tests/sheets` is about that.
"""

import os
import sys
from contextlib import closing
from multiprocessing import forkserver, get_context
from multiprocessing.connection import Connection
from tempfile import TemporaryFile
from typing import IO, Self

import pytest

from importer.sheets.readers import Reader, environment

PROCESSES = get_context("forkserver")
PROCESSES.set_forkserver_preload(["importer.sheets.__main__"])


@pytest.fixture(autouse=True)
def warm_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is read in a process of its own as in production, only sooner."""
    with monkeypatch.context() as started_with:
        for name, value in environment().items():
            started_with.setenv(name, value)
        forkserver.ensure_running()
    monkeypatch.setattr(Reader, "start", start)


def start() -> Reader:
    traces = TemporaryFile("w+")  # noqa: SIM115 - closed by the reader
    return Reader(Forked(traces), traces)


class Forked:
    """The process of a reader, with what that wants of a `subprocess.Popen`."""

    def __init__(self, traces: IO[str]) -> None:
        orders, order = os.pipe()
        told, tell = os.pipe()
        theirs = [Connection(orders), Connection(tell), Connection(os.dup(traces.fileno()))]
        self.stdin, self.stdout = os.fdopen(order, "w"), os.fdopen(told)
        self._process = PROCESSES.Process(target=_read, args=theirs)
        self._process.start()
        for file in theirs:
            file.close()

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self) -> int | None:
        self._process.join()
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with closing(self.stdin), closing(self.stdout):
            self.wait()


def _read(*files: Connection) -> None:
    """What `python -m importer.sheets` does, with its three standard files."""
    from importer.sheets import __main__ as reader

    for number, file in enumerate(files):
        os.dup2(file.fileno(), number)
    sys.stdin = os.fdopen(0)
    try:
        reader.main()
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)
