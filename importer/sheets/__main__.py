"""The process that reads one file, as the first line it is given says: an `Order` as JSON.

It may wait long for that line. It tells what it finds line by line, each a JSON object with one
key: `inspection`, `rows` (staged so far), `found` (what was wished for) or `unreadable`. It ends
when its standard input is closed. What stops it from outside, or a fault of ours, is told on
standard error without a word of what the file holds.
"""

import faulthandler
import json
import os
import resource
import signal
import sys
from functools import partial
from pathlib import Path
from threading import Thread
from traceback import print_tb
from types import TracebackType
from typing import IO, Any

import cattrs

from importer.sheets import archives, sheet_cells
from importer.sheets.bounded import Bounds, Order, Wish
from importer.sheets.guard import MB, Limits
from importer.sheets.inspection import inspect
from importer.sheets.source import open_source
from importer.sheets.staging import stage
from importer.sheets.table import Reading, UnreadableFile

_FRAMES_TRACED = 20
_MOST_TOLD = 32 * MB  # in one line, which the worker holds in its memory


def main() -> None:
    _keep_discreet()
    line = sys.stdin.readline()
    if not line:
        return  # a spare one that is needed no more
    order = cattrs.structure(json.loads(line), Order)
    os.environ["TMPDIR"] = str(Path(order.target).parent)
    lifeline = Thread(target=_end_with, args=[sys.stdin, order.target], daemon=True)
    lifeline.start()
    _bind(order.bounds)
    try:
        _read(order)
    except UnreadableFile as error:
        _tell("unreadable", str(error))
    except BrokenPipeError:
        lifeline.join()
    except MemoryError:
        os.abort()  # as libraries do that are not written in Python


def _keep_discreet() -> None:
    """Let standard error carry our own traces alone; libraries might quote the file there."""
    traces = os.fdopen(os.dup(sys.stderr.fileno()), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    faulthandler.enable(traces)

    def trace(
        kind: type[BaseException], error: BaseException | None, where: TracebackType | None
    ) -> None:
        print_tb(where, limit=-_FRAMES_TRACED, file=traces)
        print(kind.__name__, file=traces, flush=True)

    sys.excepthook = trace


def _bind(bounds: Bounds) -> None:
    """The system ends this process when its time is over, whatever it is doing then."""
    resource.setrlimit(resource.RLIMIT_AS, (bounds.memory_bytes, bounds.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, bounds.seconds)


def _end_with(worker: IO[str], target: str) -> None:
    """A reader whose worker was killed has nobody to tell, and nobody to clean up after it.

    Another program in place of this one is the end of whatever its threads are doing.
    """
    worker.read()
    clean_up = "import shutil, sys; shutil.rmtree(sys.argv[1])"
    folder = str(Path(target).parent)
    os.execv(sys.executable, [sys.executable, "-c", clean_up, folder])  # noqa: S606 - no shell


def _read(order: Order) -> None:
    with archives.unpacked(Path(order.path), order.limits) as file:
        inspection = file.told(inspect(file.path, order.choice, limits=file.limits))
        _tell("inspection", cattrs.unstructure(inspection))
        found = _found(order, file.path, inspection.reading, file.limits)
    _tell("found", cattrs.unstructure(found))


def _found(order: Order, path: Path, reading: Reading, limits: Limits) -> Any:
    if order.wish is Wish.TABLE:
        target = Path(order.target)
        return stage(path, reading, target, limits=limits, tell=partial(_tell, "rows"))
    with open_source(path, reading, limits) as source:
        if order.place:
            return sheet_cells.cell(source, reading.sheet, *order.place)
        return sheet_cells.reaches(source, besides=reading.sheet)


def _tell(key: str, value: Any) -> None:
    line = json.dumps({key: value})
    if len(line) > _MOST_TOLD:
        raise MemoryError
    print(line, flush=True)


if __name__ == "__main__":
    main()
