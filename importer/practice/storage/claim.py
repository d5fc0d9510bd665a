"""A practice CRM's hold on its folder: while it runs, no other may use it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

CLAIM: Final = "in-use"


class FolderInUseError(Exception):
    """Another practice CRM keeps its data in the folder."""


@contextmanager
def claimed(data_dir: Path) -> Iterator[None]:
    """Hold the folder; `FolderInUseError` if another does. The claim ends with the process, too."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / CLAIM).open("w") as claim:
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FolderInUseError from error
        yield
