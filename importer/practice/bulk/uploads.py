"""Archives that were uploaded for bulk write jobs, kept for some days."""

import os
import shutil
import sqlite3
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Final

from importer.practice.clock import CLOCK
from importer.practice.storage.store import Store, next_id, now_text

MAX_BYTES: Final = 25 * 1024**2


class Uploads:
    """The uploaded archives in the store's folder, known by their file id."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def save(self, content: BinaryIO, name: str) -> tuple[int, str]:
        """Keep `content`; its file id and the moment it was kept."""
        now = now_text()
        with self.store.transaction() as db:
            file_id = next_id(db)
        with self.path(file_id).open("wb") as kept:
            shutil.copyfileobj(content, kept)
            kept.flush()
            os.fsync(kept.fileno())
        size = self.path(file_id).stat().st_size
        with self.store.transaction() as db:
            db.execute(
                "INSERT INTO uploads (id, name, size, created_time) VALUES (?, ?, ?, ?)",
                (file_id, name, size, now),
            )
        return file_id, now

    def path(self, file_id: int) -> Path:
        return self.store.uploads_dir / f"{file_id}.zip"

    def kept(self, file_id: int, days: int) -> bool:
        """Whether the file was uploaded, and no longer than so many days ago."""
        row = self.store.db.execute(
            "SELECT 1 FROM uploads WHERE id = ? AND created_time >= ?", (file_id, _days_ago(days))
        ).fetchone()
        return row is not None

    def used(self, file_id: int) -> bool:
        """Whether a job was made of it."""
        row = self.store.db.execute("SELECT used FROM uploads WHERE id = ?", (file_id,)).fetchone()
        return row is not None and bool(row["used"])

    def mark_used(self, db: sqlite3.Connection, file_id: int) -> None:
        db.execute("UPDATE uploads SET used = 1 WHERE id = ?", (file_id,))

    def forget_old(self, days: int) -> None:
        """Delete what nobody may use any more."""
        with self.store.transaction() as db:
            rows = db.execute(
                "DELETE FROM uploads WHERE created_time < ? RETURNING id", (_days_ago(days),)
            ).fetchall()
        for row in rows:
            self.path(row["id"]).unlink(missing_ok=True)


def _days_ago(days: int) -> str:
    return (CLOCK.now() - timedelta(days=days)).isoformat(timespec="seconds")


def is_zip(content: BinaryIO) -> bool:
    """Judged by the bytes: clients may send any name and type."""
    try:
        return zipfile.is_zipfile(content)
    finally:
        content.seek(0)
