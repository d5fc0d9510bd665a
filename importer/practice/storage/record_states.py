"""States in which a record must not be changed, and what the API calls each of them."""

import sqlite3
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Why a record is not free to be changed."""

    LOCKED = "locked"
    UNAPPROVED = "unapproved"
    IN_BLUEPRINT = "in_blueprint"

    @property
    def row_code(self) -> str:
        """What the result of a bulk write job says."""
        return ROW_CODES[self]

    @property
    def record_code(self) -> str:
        """What the records API and the mass actions say."""
        return RECORD_CODES[self]

    @property
    def sentence(self) -> str:
        return SENTENCES[self]


ROW_CODES: Final = {
    State.LOCKED: "BLOCKED_RECORD",
    State.UNAPPROVED: "NOT_APPROVED",
    State.IN_BLUEPRINT: "CANNOT_PROCESS",
}
RECORD_CODES: Final = {
    State.LOCKED: "RECORD_LOCKED",
    State.UNAPPROVED: "NOT_APPROVED",
    State.IN_BLUEPRINT: "RECORD_IN_BLUEPRINT",
}
SENTENCES: Final = {
    State.LOCKED: "record is locked",
    State.UNAPPROVED: "record is not approved",
    State.IN_BLUEPRINT: "record is in a blueprint",
}


def state_of(db: sqlite3.Connection, record_id: int) -> State | None:
    """The state that keeps a record from being changed, if there is one."""
    row = db.execute("SELECT state FROM record_states WHERE record_id = ?", (record_id,)).fetchone()
    return State(row["state"]) if row else None


def set_state(db: sqlite3.Connection, record_id: int, state: State | None) -> None:
    """Put a record into a state, or set it free. Needs an open transaction."""
    db.execute("DELETE FROM record_states WHERE record_id = ?", (record_id,))
    if state is not None:
        db.execute("INSERT INTO record_states VALUES (?, ?)", (record_id, state.value))
