"""The work on one job: its files measured, their rows judged and written, its result made.

What a batch writes and what became of its rows are saved together, so a job that was cut off goes
on where it stopped.
"""

import threading
from dataclasses import dataclass
from itertools import islice
from typing import Final

from importer.practice.bulk.callbacks import occasion
from importer.practice.bulk.csv_files import UNREADABLE, CsvFile
from importer.practice.bulk.job_request import Resource
from importer.practice.bulk.jobs import Ending, Job, Jobs
from importer.practice.bulk.mandatory import unmapped
from importer.practice.bulk.parents import parent_reader
from importer.practice.bulk.results import (
    FileResult,
    ResultShape,
    echo,
    echoed_columns,
    write_result,
)
from importer.practice.bulk.uploads import Uploads
from importer.practice.control.control import Control
from importer.practice.control.faults import (
    JOB_BROKEN_OFF,
    JOB_FAILED,
    JOB_STUCK,
    RESULT_DISORDERED,
    RESULT_LATE,
    RESULT_ROW_MISSING,
    RESULT_TRUNCATED,
    Fault,
)
from importer.practice.control.switches import Switches
from importer.practice.judging.columns import ColumnBuilder
from importer.practice.judging.rows import Outcome, RowJudge
from importer.practice.judging.values import Reader
from importer.practice.organisation.modules import MODULES
from importer.practice.storage.store import Store
from importer.practice.storage.stored_records import StoredRecords

BATCH_ROWS: Final = 500
BREATH_S: Final = 0.0005  # between batches, so that other writers get their turn
SURPLUS: Final = Outcome("SKIPPED", reasons={"LIMIT_EXCEEDED": ()})


class StoppedError(Exception):
    """The practice CRM is closing: the rest is for another time."""


class MishapError(Exception):
    """So far, and no further: the moment for what the job was to suffer."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the work on jobs needs."""

    store: Store
    uploads: Uploads
    jobs: Jobs
    control: Control
    stopping: threading.Event


class JobWork:
    """One job in hand."""

    def __init__(self, desk: Desk, job: Job) -> None:
        self.desk, self.job = desk, job
        archive = desk.uploads.path(int(job.request.file_id))
        self.files = [
            CsvFile(archive, resource.file_name, resource.encoding, resource.delimiter)
            for resource in job.request.resources
        ]
        self.mishap = self._mishap(JOB_STUCK, JOB_FAILED, JOB_BROKEN_OFF)
        self.judged = job.total

    def do(self) -> Ending | None:
        """How the job ends; None if it does not for now."""
        try:
            broken = self._measure()
            if broken is not None:
                return broken
            for place in range(len(self.files)):
                self._write_rows(place)
            self._suffer()
        except StoppedError:
            return None
        except MishapError:
            if self.mishap is not None and self.mishap.kind == JOB_STUCK:
                self.desk.jobs.hold(self.job, self.mishap.seconds)
                return None
            if self.mishap is not None and self.mishap.kind == JOB_FAILED:
                return Ending(self.mishap.code)
        self._write_result()
        late = self._mishap(RESULT_LATE)
        return Ending(result_late_s=late.seconds if late else 0.0)

    def _measure(self) -> Ending | None:
        """What forbids to begin: a file too long or unreadable, a field that nothing fills."""
        switches, resources = self.desk.control.switches, self.job.request.resources
        if self.mishap is not None and not self.mishap.after_rows:
            raise MishapError
        for place, (file, resource) in enumerate(zip(self.files, resources, strict=True)):
            limit = _row_limit(resource, switches)
            try:
                rows = sum(1 for _ in file.rows())
            except UNREADABLE:
                return Ending(switches.unreadable_file, place)
            if rows > limit and switches.surplus_rows == "fail":
                return Ending("LIMIT_EXCEEDED", place)
            if switches.layout_mandatory == "fail" and unmapped(resources, place, by_layout=True):
                return Ending("MANDATORY_FIELDS_NOT_MAPPED", place)
        return None

    def _write_rows(self, place: int) -> None:
        """Judge the rows of a file that were not judged yet."""
        done = self.job.files[place].total
        rows, judge = self.files[place].rows(), self._judge(place)
        judge.pass_over(list(islice(rows, done)))
        echoed = self._echoed(place)
        limit = _row_limit(self.job.request.resources[place], self.desk.control.switches)
        while batch := list(islice(rows, self._batch_size())):
            if self.desk.stopping.wait(BREATH_S):
                raise StoppedError
            with self.desk.store.transaction() as db:
                outcomes = judge.take_all(batch[: max(limit - done, 0)])
                outcomes += [SURPLUS] * (len(batch) - len(outcomes))
                echoes = [echo(row, echoed) for row in batch]
                self.desk.jobs.record(db, self.job, place, done, outcomes, echoes)
            done += len(batch)
            self.judged += len(batch)
        self.desk.jobs.finish_file(self.job, place)

    def _batch_size(self) -> int:
        """No more rows than may be judged before the mishap."""
        if self.mishap is None:
            return BATCH_ROWS
        left = self.mishap.after_rows - self.judged
        if left <= 0:
            raise MishapError
        return min(left, BATCH_ROWS)

    def _suffer(self) -> None:
        if self.mishap is not None:
            raise MishapError

    def _judge(self, place: int) -> RowJudge:
        resource, rules = self.job.request.resources[place], self.desk.control.switches
        records, module = StoredRecords(self.desk.store.db), MODULES[resource.module]
        builder = ColumnBuilder(
            records, module, rules=rules, parents=self._parents(resource), before=self.job.id
        )
        return RowJudge(
            records,
            module,
            builder.columns(resource.mappings, self.files[place].header()),
            operation=resource.operation,
            find_by=resource.find_by,
            ignore_empty=resource.ignore_empty,
            rules=rules,
        )

    def _parents(self, resource: Resource) -> Reader | None:
        if resource.parent_column is None:
            return None
        outcomes = self.desk.jobs.outcomes(self.job, 0)
        return parent_reader(self.files[0], resource.parent_column, outcomes)

    def _write_result(self) -> None:
        path = self.desk.store.results_dir / f"{self.job.id}.zip"
        resources = self.job.request.resources
        files = (
            FileResult(
                resource,
                file,
                self._echoed(place),
                self.desk.jobs.outcomes(self.job, place),
                complete=self.mishap is None,
            )
            for place, (resource, file) in enumerate(zip(resources, self.files, strict=True))
        )
        missing = self._mishap(RESULT_ROW_MISSING)
        shape = ResultShape(
            disordered=self._mishap(RESULT_DISORDERED) is not None,
            missing_row=missing.row if missing else None,
            truncated=self._mishap(RESULT_TRUNCATED) is not None,
        )
        write_result(path, files, shape)

    def _echoed(self, place: int) -> list[int]:
        order = self.desk.control.switches.echoed_columns
        return echoed_columns(self.job.request.resources[place], order)

    def _mishap(self, *kinds: str) -> Fault | None:
        return self.desk.control.faults.take(kinds, occasion(self.job))


def _row_limit(resource: Resource, switches: Switches) -> int:
    """The rows of a subform's own job are limited like those of one within a job."""
    is_child = MODULES[resource.module].kind == "subform"
    return switches.max_child_rows if is_child else switches.max_rows
