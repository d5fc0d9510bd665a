"""The practice CRM as one thing: its memory, its rules about callers, and its work on jobs."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from importer.practice.api.concurrency import Concurrency
from importer.practice.api.credits import Credits
from importer.practice.api.editions import EDITIONS, HEAVY_AT_A_TIME, Edition
from importer.practice.bulk.jobs import Jobs
from importer.practice.bulk.uploads import Uploads
from importer.practice.bulk.worker import Worker
from importer.practice.bulk_read.reading import BulkReads
from importer.practice.control.control import Control
from importer.practice.errands.errands import Errands, Kind
from importer.practice.errands.worker import ErrandWorker
from importer.practice.metadata.duplicate_check import DuplicateCheck
from importer.practice.oauth.tokens import Credentials, Tokens
from importer.practice.records.mass_actions import MassActions
from importer.practice.storage.seed import plant_seed
from importer.practice.storage.store import Store
from importer.practice.storage.stored_records import StoredRecords


@dataclass(frozen=True, slots=True)
class Settings:
    """What may differ from one practice CRM to the next."""

    data_dir: Path
    credentials: Credentials
    pace_s: float  # how long a job stays ADDED
    edition: Edition = EDITIONS["enterprise"]
    allowance: int | None = None  # credits a day, where not the edition's
    leavers: int = 0  # people who have left the organisation
    redirect_uris: tuple[str, ...] = ()  # where authorization may lead to; none: this machine
    script: dict[str, Any] = field(default_factory=dict)  # mishaps to come, and switches


class PracticeCrm:
    """One organisation, its records and its jobs. `address` is where callers reach it."""

    def __init__(self, settings: Settings, address: str) -> None:
        self.settings = settings
        self.address = address
        self.control = Control(settings.script)
        self.store = Store(settings.data_dir)
        self.tokens = Tokens(self.store, settings.credentials)
        edition = settings.edition
        self.credits = Credits(self.store, settings.allowance or edition.credits_a_day)
        self.calls = Concurrency(edition.calls_at_a_time)
        self.heavy_calls = Concurrency(HEAVY_AT_A_TIME)
        self.uploads = Uploads(self.store)
        self.jobs = Jobs(self.store)
        self.worker = Worker(self.store, self.uploads, self.jobs, self.control, address)
        self.duplicate_check = DuplicateCheck()
        self.errands = Errands(self.store)
        mass = MassActions(self.errands)
        self.bulk_reads = BulkReads(self.errands, self.control.faults)
        steps = {
            Kind.MASS_UPDATE: mass.update_some,
            Kind.MASS_DELETE: mass.delete_some,
            Kind.BULK_READ: self.bulk_reads.read_all,
        }
        self.errand_worker = ErrandWorker(self.errands, steps)

    @property
    def records(self) -> StoredRecords:
        """The records, for reading on the calling thread."""
        return StoredRecords(self.store.db)

    def open(self) -> None:
        """Plant the seed in an empty database and take up the jobs that were left."""
        self.uploads.forget_old(self.control.switches.file_days)
        with self.store.transaction() as db:
            if db.execute("SELECT 1 FROM last_id").fetchone() is None:
                plant_seed(StoredRecords(db))
        self.worker.start()
        self.errand_worker.start()

    def close(self) -> None:
        self.worker.stop()
        self.errand_worker.stop()

    def reset(self) -> None:
        """Forget every record, upload, job and mishap, and plant the seed again."""
        self.control.reset()
        self.bulk_reads.reset()
        self.duplicate_check.disable()
        with self.store.transaction() as db:
            self.store.empty(db)
            plant_seed(StoredRecords(db))
        for folder in (self.store.uploads_dir, self.store.results_dir):
            for path in folder.iterdir():
                path.unlink(missing_ok=True)
