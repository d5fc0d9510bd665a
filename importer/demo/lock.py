"""One demo at a time works on a data folder; a second one is told where the first is."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyRunning(Exception):
    """Another demo works on the same data; the text says where it is."""


@contextmanager
def only_demo(data_dir: Path, address: str) -> Iterator[None]:
    """Be the one demo on `data_dir`, at `address`. However it ends, the lock goes with it."""
    with (data_dir / "demo.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise AlreadyRunning(_refusal(data_dir, file.read())) from error
        file.truncate(0)
        file.write(address)
        file.flush()
        yield
        file.truncate(0)


def _refusal(data_dir: Path, address: str) -> str:
    where = f" at {address}" if address else ""
    return f"The demo is already running{where}, on the data in {data_dir}."
