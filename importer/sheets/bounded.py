"""Reading in a process of its own: a poisonous file costs one sentence, and never the worker.

The process (`__main__.py`) may take only so much memory and time.
"""

import json
import logging
import signal
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cattrs

from importer.sheets.guard import DEFAULT_LIMITS, MB, Limits
from importer.sheets.readers import Readers
from importer.sheets.sheet_cells import Reach
from importer.sheets.table import Choice, Inspection, Table, UnreadableFile

_READERS = Readers()
_GIVEN_UP = (
    "so reading it was given up. Copy the rows you need into a new workbook and upload that."
)
_BOUND_STRUCK = {  # by the signal that ended the process
    signal.SIGALRM: f"This file takes far longer to read than a real spreadsheet does, {_GIVEN_UP}",
    # That a failed allocation aborts, ...
    signal.SIGABRT: f"This file asks for more memory than a real spreadsheet needs, {_GIVEN_UP}",
    # ... and that a machine out of memory ends whoever takes most.
    signal.SIGKILL: f"This file may ask for more memory than this server has, {_GIVEN_UP}",
}

log = logging.getLogger(__name__)


class ReadingFault(Exception):
    """A fault of ours, not the file's: says how the process ended and where. For the log."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What reading one file may take."""

    memory_bytes: int = 6144 * MB  # of addresses, of which real memory is a part
    seconds: float = 900


DEFAULT_BOUNDS = Bounds()


class Wish(StrEnum):
    """What somebody wants to know of a file."""

    TABLE = "table"
    CELL = "cell"
    REACHES = "reaches"


@dataclass(frozen=True, slots=True)
class Order:
    """What the process is to do: the one line that it is given, as JSON."""

    path: str
    choice: Choice
    target: str  # in a folder that is the process's own
    limits: Limits
    bounds: Bounds
    wish: Wish = Wish.TABLE
    place: tuple[int, int] | None = None  # of the cell that is wished for: its row and column


def read(
    path: Path,
    choice: Choice,
    target: Path,
    *,
    limits: Limits = DEFAULT_LIMITS,
    bounds: Bounds = DEFAULT_BOUNDS,
    on_inspection: Callable[[Inspection], None] = lambda _: None,
    on_rows: Callable[[int], None] = lambda _: None,
) -> Table:
    """`inspect` and `stage` the file at `path` into `target`, elsewhere.

    Tells what the inspection found before staging begins, and how many rows are staged. Raises
    `UnreadableFile` as those two do, and for a file that asks for more than `bounds` allow.
    """
    with TemporaryDirectory(dir=target.parent, prefix=".reading-") as folder:
        staged = Path(folder).absolute() / target.name
        order = Order(str(path.absolute()), choice, str(staged), limits, bounds)
        table = cattrs.structure(_carried_out(order, on_inspection, on_rows), Table)
        staged.replace(target)
    return table


def cell(
    path: Path,
    choice: Choice,
    place: tuple[int, int],
    *,
    limits: Limits = DEFAULT_LIMITS,
    bounds: Bounds = DEFAULT_BOUNDS,
) -> str:
    """What the cell in that row and column shows in Excel; "" where there is none.

    Raises `UnreadableFile` as `read` does.
    """
    with TemporaryDirectory() as folder:
        target = str(Path(folder) / "nothing")
        order = Order(str(path.absolute()), choice, target, limits, bounds, Wish.CELL, place)
        found: str = _carried_out(order)
    return found


def reaches(
    path: Path, choice: Choice, *, limits: Limits = DEFAULT_LIMITS, bounds: Bounds = DEFAULT_BOUNDS
) -> dict[str, Reach | None]:
    """How far the sheets of a workbook reach, but for the chosen one; None for a broken sheet.

    Raises `UnreadableFile` as `read` does.
    """
    with TemporaryDirectory() as folder:
        target = str(Path(folder) / "nothing")
        order = Order(str(path.absolute()), choice, target, limits, bounds, Wish.REACHES)
        return cattrs.structure(_carried_out(order), dict[str, Reach | None])


def keep_reader_ready() -> None:
    """From now on `read` need not wait for its process to start: a spare one stands by."""
    _READERS.keep_spare()


def _carried_out(
    order: Order,
    on_inspection: Callable[[Inspection], None] = lambda _: None,
    on_rows: Callable[[int], None] = lambda _: None,
) -> Any:
    """What was wished for, as JSON has it."""
    with _READERS.one() as reader:
        for line in reader.carry_out(json.dumps(cattrs.unstructure(order))):
            match json.loads(line):
                case {"inspection": told}:
                    on_inspection(cattrs.structure(told, Inspection))
                case {"rows": rows}:
                    _READERS.renew_spare()  # sooner, it would be in the way of the first rows
                    on_rows(rows)
                case {"found": told}:
                    return told
                case {"unreadable": sentence}:
                    raise UnreadableFile(sentence)
        raise _untimely_end(*reader.end())


def _untimely_end(status: int, traces: str) -> Exception:
    """Why the process ended before it had told all."""
    ending = f"The process that reads a file ended with status {status}.\n{traces}"
    if -status not in _BOUND_STRUCK:
        return ReadingFault(ending)
    log.warning(ending)
    return UnreadableFile(_BOUND_STRUCK[signal.Signals(-status)])
