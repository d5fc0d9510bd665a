"""The practice CRM's database: one SQLite file, a connection for each thread, one writer."""

import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from importer.practice.clock import CLOCK
from importer.practice.organisation.company import ID_BASE

FIRST_ID: Final = ID_BASE + 1_000_000
MAPPED_BYTES: Final = 1024**3  # of the database, read where it lies in memory anyway
ID_TEXT: Final = re.compile(r"[1-8]?[0-9]{1,18}", re.ASCII)  # fits 64 bits
SCHEMA_VERSION: Final = 4  # to be counted on with every change of the tables
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS last_id (id INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS records (
    id INTEGER PRIMARY KEY,
    module TEXT NOT NULL,
    data TEXT NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0,
    created_time TEXT NOT NULL,
    modified_time TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS records_of_module ON records (module, deleted, id);
-- The values that records are found by: unique fields, names, e-mail addresses, lookups.
CREATE TABLE IF NOT EXISTS keys (
    module TEXT NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    record_id INTEGER NOT NULL,
    spelling TEXT, -- of a unique field or name, where the value is spelled otherwise
    PRIMARY KEY (module, field, value, record_id)
) WITHOUT ROWID;
-- What was deleted. A record in the recycle bin keeps its row; one deleted for good has only this.
CREATE TABLE IF NOT EXISTS deletions (
    record_id INTEGER PRIMARY KEY,
    module TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    deleted_time TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS deletions_by_time ON deletions (deleted_time, record_id);
-- Why a record must not be changed. Most are in no such state and have no row here.
CREATE TABLE IF NOT EXISTS record_states (record_id INTEGER PRIMARY KEY, state TEXT NOT NULL);
-- Work that was asked for and is done later: mass updates, mass deletes, bulk reads.
CREATE TABLE IF NOT EXISTS errands (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    module TEXT NOT NULL,
    request TEXT NOT NULL,
    state TEXT NOT NULL,
    created_time TEXT NOT NULL,
    ready_at REAL NOT NULL,
    last_id INTEGER NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0,
    unchanged INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS errands_by_state ON errands (state, id);
-- Picklist entries that jobs have added to the organisation's own.
CREATE TABLE IF NOT EXISTS options (
    module TEXT NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (module, field, value)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS uploads (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    size INTEGER NOT NULL,
    created_time TEXT NOT NULL,
    used INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS jobs (
    id INTEGER PRIMARY KEY,
    request TEXT NOT NULL,
    state TEXT NOT NULL,
    created_time TEXT NOT NULL,
    ready_at REAL NOT NULL,
    result_at REAL
);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, id);
CREATE TABLE IF NOT EXISTS job_files (
    job_id INTEGER NOT NULL,
    place INTEGER NOT NULL,
    code TEXT NOT NULL,
    added INTEGER NOT NULL DEFAULT 0,
    updated INTEGER NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (job_id, place)
) WITHOUT ROWID;
-- The lines that the result of a job will have, until it is written: those of a batch as JSON.
CREATE TABLE IF NOT EXISTS outcomes (
    job_id INTEGER NOT NULL,
    place INTEGER NOT NULL,
    first_row INTEGER NOT NULL,
    lines TEXT NOT NULL,
    PRIMARY KEY (job_id, place, first_row)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS refresh_tokens (
    digest TEXT PRIMARY KEY,
    scopes TEXT NOT NULL,
    own INTEGER NOT NULL,  -- the one that the practice CRM is started with
    issued_at REAL NOT NULL,
    revoked INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS access_tokens (
    digest TEXT PRIMARY KEY,
    refresh_digest TEXT NOT NULL,
    scopes TEXT NOT NULL,
    expires_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS access_tokens_minted ON access_tokens (refresh_digest, expires_at);
CREATE TABLE IF NOT EXISTS codes (
    digest TEXT PRIMARY KEY,
    scopes TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    offline INTEGER NOT NULL,
    issued_at REAL NOT NULL,
    used INTEGER NOT NULL DEFAULT 0
);
-- Authorization pages that are open in a browser, until the person has answered.
CREATE TABLE IF NOT EXISTS consents (
    ticket TEXT PRIMARY KEY, asked TEXT NOT NULL, issued_at REAL NOT NULL
);
-- Credits spent, by the minute, so that a rolling day can be counted.
CREATE TABLE IF NOT EXISTS credits (minute INTEGER PRIMARY KEY, spent INTEGER NOT NULL);
"""
EMPTIED_BY_RESET: Final = (
    "records",
    "keys",
    "deletions",
    "record_states",
    "errands",
    "options",
    "uploads",
    "jobs",
    "job_files",
    "outcomes",
    "credits",
    "codes",
    "consents",
)


class Store:
    """Everything the practice CRM remembers, in `data_dir`."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.uploads_dir = data_dir / "uploads"
        self.results_dir = data_dir / "results"
        for folder in (data_dir, self.uploads_dir, self.results_dir):
            folder.mkdir(parents=True, exist_ok=True)
        self._threads = threading.local()
        self._writing = threading.Lock()
        self._make_tables()

    @property
    def db(self) -> sqlite3.Connection:
        """The calling thread's own connection; for reading outside a transaction."""
        connection: sqlite3.Connection | None = getattr(self._threads, "connection", None)
        if connection is None:
            connection = self._connect()
            self._threads.connection = connection
        return connection

    def _make_tables(self) -> None:
        """Those of an older version go, with what they held: it was for practice only."""
        version = int(self.db.execute("PRAGMA user_version").fetchone()[0])
        if version != SCHEMA_VERSION:
            tables = self.db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
            for row in tables.fetchall():
                self.db.execute(f"DROP TABLE {row['name']}")
        self.db.executescript(f"{SCHEMA} PRAGMA user_version = {SCHEMA_VERSION};")

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.data_dir / "practice.sqlite3", timeout=30, isolation_level=None
        )
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        # Big steps: what jobs write is copied into the database once in 40 MB.
        connection.execute("PRAGMA wal_autocheckpoint = 10000")
        connection.execute(f"PRAGMA mmap_size = {MAPPED_BYTES}")
        return connection

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; one at a time."""
        db = self.db
        with self._writing:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    @contextmanager
    def savepoint(self, db: sqlite3.Connection) -> Iterator[None]:
        """A part of a transaction that is all or nothing by itself."""
        db.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            db.execute("ROLLBACK TO part")
            raise
        finally:
            db.execute("RELEASE part")

    def empty(self, db: sqlite3.Connection) -> None:
        """Forget all but the tokens, and never give an id twice."""
        for table in EMPTIED_BY_RESET:
            db.execute(f"DELETE FROM {table}")  # noqa: S608 - names from the list above


def next_id(db: sqlite3.Connection) -> int:
    """An id nobody has had: records, uploads and jobs all draw from one row of numbers."""
    return next_ids(db, 1)[0]


def next_ids(db: sqlite3.Connection, count: int) -> range:
    """So many ids nobody has had, one after the other."""
    row = db.execute("UPDATE last_id SET id = id + ? RETURNING id", (count,)).fetchone()
    last = FIRST_ID + count - 1 if row is None else int(row["id"])
    if row is None:
        db.execute("INSERT INTO last_id VALUES (?)", (last,))
    return range(last - count + 1, last + 1)


def now_text() -> str:
    """This moment as records and jobs carry it: ISO 8601, to the second."""
    return CLOCK.now().isoformat(timespec="seconds")


def parse_id(text: str) -> int | None:
    """The id that `text` is; None if it cannot be one."""
    return int(text) if ID_TEXT.fullmatch(text.strip()) else None
