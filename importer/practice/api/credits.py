"""API credits: what each call costs, counted over a rolling day."""

import sqlite3
from typing import Final

from importer.practice.clock import CLOCK
from importer.practice.storage.store import Store

MINUTES_A_DAY: Final = 24 * 60
JOB_COST: Final = 500


class Credits:
    """The organisation's credits."""

    def __init__(self, store: Store, allowance: int) -> None:
        self.store = store
        self.allowance = allowance

    def remaining(self) -> int:
        oldest = _this_minute() - MINUTES_A_DAY
        row = self.store.db.execute(
            "SELECT coalesce(sum(spent), 0) FROM credits WHERE minute > ?", (oldest,)
        ).fetchone()
        return max(self.allowance - int(row[0]), 0)

    def spend(self, db: sqlite3.Connection, cost: int) -> None:
        minute = _this_minute()
        db.execute("DELETE FROM credits WHERE minute <= ?", (minute - MINUTES_A_DAY,))
        db.execute(
            "INSERT INTO credits VALUES (?, ?) ON CONFLICT DO UPDATE SET spent = spent + ?",
            (minute, cost, cost),
        )

    def leave(self, db: sqlite3.Connection, remaining: int) -> None:
        """Have so many credits left, as if the rest had been spent this minute."""
        db.execute("DELETE FROM credits")
        self.spend(db, self.allowance - remaining)

    def header(self) -> dict[str, str]:
        """Sent only once more than half of the day's credits are gone, as Zoho does."""
        left = self.remaining()
        return {"X-API-CREDITS-REMAINING": str(left)} if left * 2 < self.allowance else {}


def _this_minute() -> int:
    return int(CLOCK.time() // 60)
