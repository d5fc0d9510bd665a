"""An import's files: kept in the storage, worked on as local paths.

On one machine the storage is a folder and a path is the file itself. With a storage elsewhere
(S3), reading fetches a copy and writing sends one; nothing stays behind.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import transaction

SOURCE = "source"
LEDGER = "ledger.parquet"
PROBLEMS_XLSX = "problems.xlsx"
PROBLEMS_CSV = "problems.csv"
OUTCOMES_CSV = "outcomes.csv"


def table(work_number: int) -> str:
    """The table as staged by that piece of work."""
    return f"table-{work_number}.parquet"


def checked(plan_key: str) -> str:
    """The rows that may be sent, as checked for these choices."""
    return f"checked-{plan_key[:16]}.parquet"


def problems(plan_key: str) -> str:
    """What the check found for these choices."""
    return f"problems-{plan_key[:16]}.parquet"


def rows(run_pk: int) -> str:
    """The rows that a run sends, in its order."""
    return f"rows-{run_pk}.parquet"


def checked_again(run_pk: int) -> str:
    """The corrected rows that may be sent, as checked for that run."""
    return f"checked-run-{run_pk}.parquet"


def problems_again(run_pk: int) -> str:
    """What the check for that run found, beside what was found before of other rows."""
    return f"problems-run-{run_pk}.parquet"


def outlook(run_pk: int) -> str:
    """How each row to fix stands after the check for that run, those at fault first."""
    return f"outlook-run-{run_pk}.parquet"


def keep(key: str, content: File[bytes]) -> None:
    """Have the storage keep `content` under `key`, in place of what was there."""
    if default_storage.get_available_name(key) != key:  # it would be kept beside
        default_storage.delete(key)
    default_storage.save(key, content)


class ImportFiles:
    """The files of one import, by name."""

    def __init__(self, import_id: UUID) -> None:
        self._folder = f"imports/{import_id}"

    def key(self, name: str) -> str:
        """Where the storage has it."""
        return f"{self._folder}/{name}"

    def address(self, name: str) -> str:
        """A path on this machine where there is one, else the storage's own name for it."""
        return str(self._local(name) or self.key(name))

    def exists(self, name: str) -> bool:
        return default_storage.exists(self.key(name))

    def open(self, name: str) -> IO[bytes]:
        """The stored bytes, to stream to a person. `FileNotFoundError` if there are none."""
        file: Any = default_storage.open(self.key(name), "rb")
        return file  # type: ignore[no-any-return]

    def store(self, name: str, content: File[bytes]) -> None:
        """Keep an upload under `name`, in place of what was there."""
        keep(self.key(name), content)

    def delete(self, name: str) -> None:
        """Remove it, if there is one, as soon as no database row can still come to name it."""
        transaction.on_commit(partial(default_storage.delete, self.key(name)), robust=True)

    @contextmanager
    def read(self, name: str) -> Iterator[Path]:
        """A local path with the content of `name`, for as long as the block lasts."""
        local = self._local(name)
        if local is not None:
            yield local
            return
        with tempfile.TemporaryDirectory(prefix="importer-") as folder:
            copy = Path(folder) / name
            with self.open(name) as stored, copy.open("wb") as file:
                shutil.copyfileobj(stored, file, 1024 * 1024)
            yield copy

    @contextmanager
    def write(self, name: str) -> Iterator[Path]:
        """A path to write `name` at. It is kept, all at once, when the block ends well."""
        with self._scratch(name) as path:
            yield path
            local = self._local(name)
            if local is not None:
                path.replace(local)
                return
            with path.open("rb") as file:
                self.store(name, File(file))

    @contextmanager
    def _scratch(self, name: str) -> Iterator[Path]:
        """A path beside where `name` will lie, so that replacing it is one step of the disk."""
        local = self._local(name)
        if local is not None:
            local.parent.mkdir(parents=True, exist_ok=True)
        beside = local.parent if local is not None else None
        with tempfile.TemporaryDirectory(prefix=".new-", dir=beside) as folder:
            yield Path(folder) / name

    def _local(self, name: str) -> Path | None:
        if isinstance(default_storage, FileSystemStorage):  # a proxy that looks like what it is for
            return Path(default_storage.path(self.key(name)))
        return None
