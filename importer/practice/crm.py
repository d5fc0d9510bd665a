"""The practice CRM as one thing: its memory, its rules about callers, and its work on jobs."""

from dataclasses import dataclass
from pathlib import Path

from importer.practice.credits import Credits
from importer.practice.jobs import Jobs
from importer.practice.seed import plant_seed
from importer.practice.store import Store
from importer.practice.stored_records import StoredRecords
from importer.practice.tokens import Credentials, Tokens
from importer.practice.uploads import Uploads
from importer.practice.worker import Worker


@dataclass(frozen=True, slots=True)
class Settings:
    """What may differ from one practice CRM to the next."""

    data_dir: Path
    credentials: Credentials
    pace_s: float  # how long a job stays ADDED
    allowance: int  # credits a day


class PracticeCrm:
    """One organisation, its records and its jobs. `address` is where callers reach it."""

    def __init__(self, settings: Settings, address: str) -> None:
        self.settings = settings
        self.address = address
        self.store = Store(settings.data_dir)
        self.tokens = Tokens(self.store, settings.credentials)
        self.credits = Credits(self.store, settings.allowance)
        self.uploads = Uploads(self.store)
        self.jobs = Jobs(self.store)
        self.worker = Worker(self.store, self.uploads, self.jobs, address)

    @property
    def records(self) -> StoredRecords:
        """The records, for reading on the calling thread."""
        return StoredRecords(self.store.db)

    def open(self) -> None:
        """Plant the seed in an empty database and take up the jobs that were left."""
        self.uploads.forget_old()
        with self.store.transaction() as db:
            if db.execute("SELECT 1 FROM last_id").fetchone() is None:
                plant_seed(StoredRecords(db))
        self.worker.start()

    def close(self) -> None:
        self.worker.stop()

    def reset(self) -> None:
        """Forget every record, upload and job, and plant the seed again."""
        with self.store.transaction() as db:
            self.store.empty(db)
            plant_seed(StoredRecords(db))
        for folder in (self.store.uploads_dir, self.store.results_dir):
            for path in folder.iterdir():
                path.unlink(missing_ok=True)
