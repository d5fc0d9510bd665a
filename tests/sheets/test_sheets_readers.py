"""A reader started ahead: given out once, replaced, bound like any other, never left behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from importer import sheets
from importer.sheets import Bounds, Choice, UnreadableFile, bounded
from importer.sheets.guard import MB
from importer.sheets.readers import Readers
from tests.sheets.processes import children, is_over, wait_until

pytestmark = pytest.mark.alone

SHORT_OF_MEMORY = 300 * MB  # of addresses; the libraries alone take more


@pytest.fixture
def started():
    """The processes that the test has started; other tests may have left servers running."""
    others = children(os.getpid())
    return lambda: [child for child in children(os.getpid()) if child not in others]


@pytest.fixture
def readers(started, monkeypatch):
    """Those that `sheets.read` takes one of."""
    mine = Readers()
    monkeypatch.setattr(bounded, "_READERS", mine)
    yield mine
    for left in started():
        os.kill(left, signal.SIGKILL)
        os.waitpid(left, 0)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "towns.csv"
    path.write_text("name,town\nAnn,Bonn\n")
    return path


def test_spare_reader_reads_the_next_file_and_is_replaced(readers, started, file, tmp_path):
    sheets.keep_reader_ready()
    [spare] = started()
    reading = []

    table = sheets.read(
        file, Choice(), tmp_path / "table", on_inspection=lambda _: reading.extend(started())
    )

    assert table.rows == 1
    assert reading == [spare]
    [other] = started()
    assert other != spare


def test_spare_reader_is_given_out_only_once(readers):
    readers.keep_spare()

    with readers.one() as first, readers.one() as second:
        assert first.process.pid != second.process.pid


def test_dead_reader_is_not_given_out(readers, started, file, tmp_path):
    readers.keep_spare()
    [spare] = started()
    os.kill(spare, signal.SIGKILL)
    wait_until(lambda: is_over(spare))

    assert sheets.read(file, Choice(), tmp_path / "table").rows == 1


@pytest.mark.parametrize("bounds", [Bounds(memory_bytes=SHORT_OF_MEMORY), Bounds(seconds=0.01)])
def test_spare_reader_is_bound_like_any_other(readers, tmp_path, bounds):
    large = tmp_path / "large.csv"
    large.write_text("name,town\n" + "Ann Somebody,Bad Somewhere\n" * 500_000)
    readers.keep_spare()

    with pytest.raises(UnreadableFile, match="than a real spreadsheet"):
        sheets.read(large, Choice(), tmp_path / "table", bounds=bounds)


def test_reader_knows_none_of_our_secrets(readers, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "never told")

    with readers.one() as reader:
        told = Path(f"/proc/{reader.process.pid}/environ")
        wait_until(lambda: b"PATH=" in told.read_bytes())  # once it has become a program
        environment = told.read_bytes()

    assert b"never told" not in environment


def test_forked_process_takes_no_reader_of_its_parent(readers, started):
    readers.keep_spare()
    [spare] = started()

    forked = os.fork()
    if not forked:
        with readers.one() as reader:
            os._exit(reader.process.pid == spare)

    assert os.waitpid(forked, 0)[1] == 0


def test_spare_reader_ends_with_the_worker():
    waiting = "from importer import sheets; sheets.keep_reader_ready(); print(flush=True); input()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", waiting], **pipes) as worker:
        worker.stdout.readline()
        [spare] = children(worker.pid)
        worker.kill()

    wait_until(lambda: is_over(spare))
