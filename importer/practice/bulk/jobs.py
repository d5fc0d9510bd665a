"""Bulk write jobs as the database keeps them: ADDED, then INPROGRESS, then COMPLETED or FAILED."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from importer.practice.bulk.job_request import JobRequest
from importer.practice.clock import CLOCK
from importer.practice.judging.rows import Outcome
from importer.practice.storage.store import Store, next_id, now_text

ADDED: Final = "ADDED"
RUNNING: Final = "INPROGRESS"
COMPLETED: Final = "COMPLETED"
FAILED: Final = "FAILED"
SUCCESS: Final = "SUCCESS"
SKIPPED: Final = "SKIPPED"
COLUMN_OF: Final = {"ADDED": "added", "UPDATED": "updated", "SKIPPED": "skipped"}
Line = list[str]  # of a result: the cells repeated, STATUS, RECORD_ID, ERRORS


class JobGoneError(Exception):
    """The job was taken away, or moved on by somebody else, while it was being worked on."""


@dataclass(frozen=True, slots=True)
class JobFile:
    """How far one file of a job has come."""

    code: str  # SUCCESS, or why it was not taken
    added: int
    updated: int
    skipped: int

    @property
    def total(self) -> int:
        """Rows judged so far."""
        return self.added + self.updated + self.skipped


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job ends: SUCCESS, or why not and in which of its files."""

    code: str = SUCCESS
    place: int = 0
    result_late_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Job:
    """A job and how far it has come."""

    id: int
    request: JobRequest
    state: str
    created_time: str
    result_at: float | None  # when its result can be had; None while it goes on
    files: tuple[JobFile, ...]

    @property
    def added(self) -> int:
        return sum(file.added for file in self.files)

    @property
    def updated(self) -> int:
        return sum(file.updated for file in self.files)

    @property
    def skipped(self) -> int:
        return sum(file.skipped for file in self.files)

    @property
    def total(self) -> int:
        """Rows judged so far, in all files."""
        return self.added + self.updated + self.skipped

    @property
    def code(self) -> str:
        """SUCCESS, or why the job failed."""
        return next((f.code for f in self.files if f.code not in (SUCCESS, SKIPPED)), SUCCESS)

    @property
    def ended(self) -> bool:
        return self.state in (COMPLETED, FAILED)

    def has_result(self, days: int) -> bool:
        """Whether the result is there: after the end, and for so many days."""
        if self.state != COMPLETED or self.result_at is None:
            return False
        return self.result_at <= CLOCK.time() <= self.result_at + days * 24 * 3600


class Jobs:
    """All jobs of the practice CRM."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def accept(self, db: sqlite3.Connection, request: JobRequest, waits_s: float) -> int:
        """A new job, which stays ADDED for `waits_s` seconds."""
        job_id = next_id(db)
        db.execute(
            "INSERT INTO jobs (id, request, state, created_time, ready_at) VALUES (?, ?, ?, ?, ?)",
            (job_id, request.dump(), ADDED, now_text(), CLOCK.time() + waits_s),
        )
        places = range(len(request.resources))
        db.executemany(
            "INSERT INTO job_files (job_id, place, code) VALUES (?, ?, ?)",
            [(job_id, place, ADDED) for place in places],
        )
        return job_id

    def accepted_today(self) -> int:
        """How many jobs were accepted within the last 24 hours."""
        since = (CLOCK.now() - timedelta(days=1)).isoformat(timespec="seconds")
        row = self.store.db.execute("SELECT count(*) FROM jobs WHERE created_time > ?", (since,))
        return int(row.fetchone()[0])

    def get(self, job_id: int) -> Job | None:
        rows = self.store.db.execute("SELECT * FROM jobs WHERE id = ?", (job_id,))
        return next(iter(self._jobs(rows.fetchall())), None)

    def latest(self, limit: int) -> list[Job]:
        rows = self.store.db.execute("SELECT * FROM jobs ORDER BY id DESC LIMIT ?", (limit,))
        return self._jobs(rows.fetchall())

    def next_ready(self) -> Job | None:
        """The job to work on: an interrupted one first, then the oldest that has waited."""
        rows = self.store.db.execute(
            "SELECT * FROM jobs WHERE state IN (?, ?) AND ready_at <= ?"
            " ORDER BY state DESC, id LIMIT 1",
            (RUNNING, ADDED, CLOCK.time()),
        )
        return next(iter(self._jobs(rows.fetchall())), None)

    def record(
        self,
        db: sqlite3.Connection,
        job: Job,
        place: int,
        first_row: int,
        outcomes: Sequence[Outcome],
        echoes: Sequence[Line],
    ) -> None:
        """Save what became of rows from `first_row` on, in the transaction that wrote them.

        `echoes` are the cells of each row that the result repeats.

        `JobGoneError` unless exactly `first_row` rows were judged before: no row counts twice.
        """
        counts = dict.fromkeys(COLUMN_OF.values(), 0)
        for outcome in outcomes:
            counts[COLUMN_OF[outcome.status]] += 1
        changed = db.execute(
            "UPDATE job_files SET added = added + :added, updated = updated + :updated,"
            " skipped = skipped + :skipped WHERE job_id = :id AND place = :place"
            " AND added + updated + skipped = :first_row"
            " AND (SELECT state FROM jobs WHERE id = :id) = :running",
            {**counts, "id": job.id, "place": place, "first_row": first_row, "running": RUNNING},
        ).rowcount
        if not changed:
            raise JobGoneError
        lines = [
            [*cells, outcome.status, str(outcome.record_id or ""), outcome.errors]
            for cells, outcome in zip(echoes, outcomes, strict=True)
        ]
        db.execute(
            "INSERT INTO outcomes VALUES (?, ?, ?, ?)",
            (job.id, place, first_row, json.dumps(lines)),
        )

    def outcomes(self, job: Job, place: int) -> Iterator[Line]:
        """The result's line for every row of a file that was judged, in the order of the file."""
        for row in self.store.db.execute(
            "SELECT lines FROM outcomes WHERE job_id = ? AND place = ? ORDER BY first_row",
            (job.id, place),
        ):
            yield from json.loads(row["lines"])

    def hold(self, job: Job, seconds: float) -> None:
        """Let nobody work on it for so long."""
        with self.store.transaction() as db:
            db.execute(
                "UPDATE jobs SET ready_at = ? WHERE id = ?", (CLOCK.time() + seconds, job.id)
            )

    def release(self) -> None:
        """Let work go on, on all that are under way, and late results arrive."""
        now = CLOCK.time()
        with self.store.transaction() as db:
            db.execute("UPDATE jobs SET ready_at = ? WHERE state = ?", (now, RUNNING))
            db.execute("UPDATE jobs SET result_at = ? WHERE result_at > ?", (now, now))

    def start(self, job: Job) -> None:
        """Set it going; one that was interrupted is going already."""
        if job.state == ADDED:
            with self.store.transaction() as db:
                self._move(db, job, ADDED, RUNNING)
                db.execute("UPDATE job_files SET code = ? WHERE job_id = ?", (RUNNING, job.id))

    def finish_file(self, job: Job, place: int) -> None:
        """All rows of one file are judged."""
        with self.store.transaction() as db:
            self._set_code(db, job, SUCCESS, place)

    def end(self, job: Job, ending: Ending) -> None:
        """Close it; what became of its rows is in the result by now."""
        good = ending.code == SUCCESS
        with self.store.transaction() as db:
            self._move(db, job, RUNNING, COMPLETED if good else FAILED)
            db.execute(
                "UPDATE job_files SET code = ? WHERE job_id = ? AND code <> ?",
                (SUCCESS if good else SKIPPED, job.id, SUCCESS),
            )
            self._set_code(db, job, ending.code, ending.place)
            db.execute(
                "UPDATE jobs SET result_at = ? WHERE id = ?",
                (CLOCK.time() + ending.result_late_s, job.id),
            )
            db.execute("DELETE FROM outcomes WHERE job_id = ?", (job.id,))

    def _move(self, db: sqlite3.Connection, job: Job, origin: str, state: str) -> None:
        changed = db.execute(
            "UPDATE jobs SET state = ? WHERE id = ? AND state = ?", (state, job.id, origin)
        ).rowcount
        if not changed:
            raise JobGoneError

    def _set_code(self, db: sqlite3.Connection, job: Job, code: str, place: int) -> None:
        db.execute(
            "UPDATE job_files SET code = ? WHERE job_id = ? AND place = ?", (code, job.id, place)
        )

    def _jobs(self, rows: Sequence[sqlite3.Row]) -> list[Job]:
        """The jobs in these rows, with their files."""
        files: dict[int, list[JobFile]] = {int(row["id"]): [] for row in rows}
        if files:
            first, last = min(files), max(files)
            for row in self.store.db.execute(
                "SELECT * FROM job_files WHERE job_id BETWEEN ? AND ? ORDER BY job_id, place",
                (first, last),
            ):
                if row["job_id"] in files:
                    files[row["job_id"]].append(_file(row))
        return [_job(row, files[int(row["id"])]) for row in rows]


def _file(row: sqlite3.Row) -> JobFile:
    return JobFile(row["code"], row["added"], row["updated"], row["skipped"])


def _job(row: sqlite3.Row, files: Sequence[JobFile]) -> Job:
    return Job(
        id=int(row["id"]),
        request=JobRequest.load(row["request"]),
        state=row["state"],
        created_time=row["created_time"],
        result_at=row["result_at"],
        files=tuple(files),
    )
