"""Reading in a process of its own: what ends it, and what is left of it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from importer import sheets
from importer.sheets import Bounds, Choice, UnreadableFile
from importer.sheets.bounded import ReadingFault
from importer.sheets.guard import MB
from tests.sheets.processes import children, is_over, wait_until

pytestmark = pytest.mark.alone

SHORT_OF_MEMORY = 300 * MB  # of addresses; the libraries alone take more


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.csv"
    path.write_text("name,town\nAnn,Bonn\nBen,Ulm\n")
    return path


@pytest.fixture
def large(tmp_path):
    path = tmp_path / "large.csv"
    path.write_text("name,town\n" + "Ann Somebody,Bad Somewhere\n" * 1_000_000)
    return path


@pytest.fixture
def target(tmp_path):
    folder = tmp_path / "tables"
    folder.mkdir()
    return folder / "table.parquet"


def left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


@pytest.fixture
def started():
    """The processes that the test has started; other tests may have left servers running."""
    others = children(os.getpid())
    return lambda: [child for child in children(os.getpid()) if child not in others]


def test_read_tells_the_inspection_then_the_rows_and_gives_the_table(small, target, started):
    told = []

    table = sheets.read(small, Choice(), target, on_inspection=told.append, on_rows=told.append)

    assert left_in(target.parent) == [target]
    assert started() == []
    inspection, *rows = told
    assert inspection == sheets.inspect(small)
    assert rows == [2]
    assert table == sheets.stage(small, inspection.reading, target.with_name("other"))
    assert sheets.head(target, 2)["name"].to_list() == ["Ann", "Ben"]


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        (Bounds(memory_bytes=SHORT_OF_MEMORY), "asks for more memory than a real spreadsheet"),
        (Bounds(seconds=0.01), "takes far longer to read than a real spreadsheet"),
    ],
)
def test_read_gives_a_file_up_that_asks_for_too_much(large, target, bounds, words, caplog, started):
    with pytest.raises(UnreadableFile, match=words):
        sheets.read(large, Choice(), target, bounds=bounds)

    assert left_in(target.parent) == []
    assert started() == []
    assert "ended with status" in caplog.text
    assert "Somebody" not in caplog.text


def test_read_survives_the_end_of_its_process(large, target, started):
    def kill(_):
        [child] = started()
        os.kill(child, signal.SIGKILL)

    with pytest.raises(UnreadableFile, match="may ask for more memory than this server has"):
        sheets.read(large, Choice(), target, on_inspection=kill)

    assert left_in(target.parent) == []
    assert started() == []


def test_read_ends_its_process_when_nobody_wants_to_know_more(large, target, started):
    class Superseded(Exception):
        pass

    def supersede(_):
        raise Superseded

    with pytest.raises(Superseded):
        sheets.read(large, Choice(), target, on_inspection=supersede)

    assert left_in(target.parent) == []
    assert started() == []


def test_reading_ends_with_the_worker_and_leaves_nothing(large, target):
    reading = (
        "import sys; from pathlib import Path; from importer import sheets;"
        "sheets.read(Path(sys.argv[1]), sheets.Choice(), Path(sys.argv[2]),"
        " on_inspection=lambda _: print('reading', flush=True))"
    )
    command = [sys.executable, "-c", reading, large, target]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
        worker.stdout.readline()
        [child] = children(worker.pid)
        worker.kill()

    wait_until(lambda: is_over(child) and not left_in(target.parent))


def test_a_fault_of_ours_is_told_apart_and_where_it_was(tmp_path, target):
    with pytest.raises(ReadingFault) as fault:
        sheets.read(tmp_path / "Ann Somebody.csv", Choice(), target)

    assert "guard.py" in str(fault.value)
    assert "FileNotFoundError" in str(fault.value)
    assert "Somebody" not in str(fault.value)
