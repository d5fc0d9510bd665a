"""Bulk write jobs as the database keeps them: ADDED, then INPROGRESS, then COMPLETED or FAILED."""

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from importer.practice.job_request import JobRequest
from importer.practice.rows import Outcome
from importer.practice.store import Store, next_id, now_text

ADDED: Final = "ADDED"
RUNNING: Final = "INPROGRESS"
COMPLETED: Final = "COMPLETED"
FAILED: Final = "FAILED"
SUCCESS: Final = "SUCCESS"
COLUMN_OF: Final = {"ADDED": "added", "UPDATED": "updated", "SKIPPED": "skipped"}


class JobGoneError(Exception):
    """The job was taken away, or moved on by somebody else, while it was being worked on."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job and how far it has come."""

    id: int
    request: JobRequest
    state: str
    code: str  # SUCCESS, or why the job failed
    created_time: str
    added: int
    updated: int
    skipped: int

    @property
    def total(self) -> int:
        """Rows judged so far."""
        return self.added + self.updated + self.skipped

    @property
    def ended(self) -> bool:
        return self.state in (COMPLETED, FAILED)


class Jobs:
    """All jobs of the practice CRM."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def accept(self, db: sqlite3.Connection, request: JobRequest, waits_s: float) -> int:
        """A new job, which stays ADDED for `waits_s` seconds."""
        job_id = next_id(db)
        db.execute(
            "INSERT INTO jobs (id, request, state, code, created_time, ready_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (job_id, request.dump(), ADDED, ADDED, now_text(), time.time() + waits_s),
        )
        return job_id

    def get(self, job_id: int) -> Job | None:
        row = self.store.db.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone()
        return _job(row) if row else None

    def latest(self, limit: int) -> list[Job]:
        rows = self.store.db.execute("SELECT * FROM jobs ORDER BY id DESC LIMIT ?", (limit,))
        return [_job(row) for row in rows]

    def next_ready(self) -> Job | None:
        """The job to work on: an interrupted one first, then the oldest that has waited."""
        row = self.store.db.execute(
            "SELECT * FROM jobs WHERE state = ? OR (state = ? AND ready_at <= ?)"
            " ORDER BY state DESC, id LIMIT 1",
            (RUNNING, ADDED, time.time()),
        ).fetchone()
        return _job(row) if row else None

    def record(
        self, db: sqlite3.Connection, job: Job, first_row: int, outcomes: Sequence[Outcome]
    ) -> None:
        """Save what became of the rows from `first_row` on, in the transaction that wrote them.

        `JobGoneError` unless exactly `first_row` rows were judged before: no row counts twice.
        """
        counts = dict.fromkeys(COLUMN_OF.values(), 0)
        for outcome in outcomes:
            counts[COLUMN_OF[outcome.status]] += 1
        changed = db.execute(
            "UPDATE jobs SET added = added + :added, updated = updated + :updated,"
            " skipped = skipped + :skipped"
            " WHERE id = :id AND state = :running AND added + updated + skipped = :first_row",
            {**counts, "id": job.id, "running": RUNNING, "first_row": first_row},
        ).rowcount
        if not changed:
            raise JobGoneError
        db.executemany(
            "INSERT INTO outcomes VALUES (?, ?, ?, ?, ?)",
            (
                (job.id, first_row + place, outcome.status, outcome.record_id, outcome.errors)
                for place, outcome in enumerate(outcomes)
            ),
        )

    def outcomes(self, job: Job) -> Sequence[sqlite3.Row]:
        """What became of every row, in the order of the file."""
        return self.store.db.execute(
            "SELECT status, record_id, errors FROM outcomes WHERE job_id = ? ORDER BY row",
            (job.id,),
        ).fetchall()

    def start(self, job: Job) -> None:
        """Set it going; one that was interrupted is going already."""
        if job.state == ADDED:
            with self.store.transaction() as db:
                self._move(db, job, ADDED, RUNNING, RUNNING)

    def end(self, job: Job, code: str) -> None:
        """Close it; what became of its rows is in the result by now."""
        state = COMPLETED if code == SUCCESS else FAILED
        with self.store.transaction() as db:
            self._move(db, job, RUNNING, state, code)
            db.execute("DELETE FROM outcomes WHERE job_id = ?", (job.id,))

    def _move(self, db: sqlite3.Connection, job: Job, origin: str, state: str, code: str) -> None:
        changed = db.execute(
            "UPDATE jobs SET state = ?, code = ? WHERE id = ? AND state = ?",
            (state, code, job.id, origin),
        ).rowcount
        if not changed:
            raise JobGoneError


def _job(row: sqlite3.Row) -> Job:
    return Job(
        id=int(row["id"]),
        request=JobRequest.load(row["request"]),
        state=row["state"],
        code=row["code"],
        created_time=row["created_time"],
        added=row["added"],
        updated=row["updated"],
        skipped=row["skipped"],
    )
