"""What the system says of processes (Linux)."""

import time
from collections.abc import Callable
from pathlib import Path

ENOUGH_S = 20


def children(pid: int) -> list[int]:
    """The processes that `pid` has started and that are still there, if only as zombies."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for found in lists for child in found.read_text().split()]


def is_over(pid: int) -> bool:
    """Whether the process is gone, or at most a zombie that nobody has fetched yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + ENOUGH_S
    while not true():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.02)
