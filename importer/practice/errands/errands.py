"""Errands as the database keeps them: scheduled, then running, then completed or failed."""

import json
import sqlite3
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from importer.practice.clock import CLOCK
from importer.practice.organisation.module import Module
from importer.practice.organisation.modules import MODULES
from importer.practice.storage.store import Store, next_id, now_text


class ErrandGoneError(Exception):
    """The errand was taken away, or moved on by somebody else, while it was being run."""


class ErrandState(StrEnum):
    """How far an errand is; each kind has words of its own for the callers."""

    SCHEDULED = "scheduled"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class Kind(StrEnum):
    """What there is to do."""

    MASS_UPDATE = "mass_update"
    MASS_DELETE = "mass_delete"
    BULK_READ = "bulk_read"


@dataclass(frozen=True, slots=True)
class Errand:
    """Something to do with the records of a module, and how many are done."""

    id: int
    kind: Kind
    module: Module
    request: dict[str, Any]
    state: ErrandState
    created_time: str
    last_id: int  # records up to this id are through
    done: int
    unchanged: int
    failed: int

    @property
    def total(self) -> int:
        return self.done + self.unchanged + self.failed


class Errands:
    """All errands of the practice CRM."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def accept(
        self,
        db: sqlite3.Connection,
        kind: Kind,
        module: Module,
        request: dict[str, Any],
        waits_s: float,
    ) -> int:
        """A new errand, which is left alone for `waits_s` seconds."""
        errand_id = next_id(db)
        db.execute(
            "INSERT INTO errands (id, kind, module, request, state, created_time, ready_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                errand_id,
                kind,
                module.api_name,
                json.dumps(request),
                ErrandState.SCHEDULED,
                now_text(),
                CLOCK.time() + waits_s,
            ),
        )
        return errand_id

    def get(self, kind: Kind, errand_id: int) -> Errand | None:
        row = self.store.db.execute(
            "SELECT * FROM errands WHERE id = ? AND kind = ?", (errand_id, kind)
        ).fetchone()
        return _errand(row) if row else None

    def latest(self, limit: int) -> list[Errand]:
        rows = self.store.db.execute("SELECT * FROM errands ORDER BY id DESC LIMIT ?", (limit,))
        return [_errand(row) for row in rows]

    def unfinished(self, kind: Kind, module: Module) -> bool:
        """Whether such an errand is on its way in the module."""
        row = self.store.db.execute(
            "SELECT 1 FROM errands WHERE kind = ? AND module = ? AND state IN (?, ?)",
            (kind, module.api_name, ErrandState.SCHEDULED, ErrandState.RUNNING),
        ).fetchone()
        return row is not None

    def next_ready(self) -> Errand | None:
        """The one to run: an interrupted one first, then the oldest that has waited."""
        row = self.store.db.execute(
            "SELECT * FROM errands WHERE state = ? OR (state = ? AND ready_at <= ?)"
            " ORDER BY state, id LIMIT 1",
            (ErrandState.RUNNING, ErrandState.SCHEDULED, CLOCK.time()),
        ).fetchone()
        return _errand(row) if row else None

    def advance(self, db: sqlite3.Connection, errand: Errand, last_id: int, **counts: int) -> None:
        """Save how far it is, in the transaction that did the work.

        `ErrandGoneError` unless it is where `errand` says: nothing is done twice.
        """
        given = {"done": 0, "unchanged": 0, "failed": 0, **counts}
        changed = db.execute(
            "UPDATE errands SET last_id = :last_id, done = done + :done, failed = failed + :failed,"
            " unchanged = unchanged + :unchanged"
            " WHERE id = :id AND state = :running AND last_id = :before",
            {
                **given,
                "last_id": last_id,
                "id": errand.id,
                "running": ErrandState.RUNNING,
                "before": errand.last_id,
            },
        ).rowcount
        if not changed:
            raise ErrandGoneError

    def start(self, errand: Errand) -> None:
        """Set it going; one that was interrupted is going already."""
        if errand.state == ErrandState.SCHEDULED:
            self._move(errand, ErrandState.SCHEDULED, ErrandState.RUNNING)

    def end(self, errand: Errand, state: ErrandState) -> None:
        self._move(errand, ErrandState.RUNNING, state)

    def _move(self, errand: Errand, origin: ErrandState, state: ErrandState) -> None:
        with self.store.transaction() as db:
            changed = db.execute(
                "UPDATE errands SET state = ? WHERE id = ? AND state = ?",
                (state, errand.id, origin),
            ).rowcount
        if not changed:
            raise ErrandGoneError


def _errand(row: sqlite3.Row) -> Errand:
    return Errand(
        id=row["id"],
        kind=Kind(row["kind"]),
        module=MODULES[row["module"]],
        request=json.loads(row["request"]),
        state=ErrandState(row["state"]),
        created_time=row["created_time"],
        last_id=row["last_id"],
        done=row["done"],
        unchanged=row["unchanged"],
        failed=row["failed"],
    )
