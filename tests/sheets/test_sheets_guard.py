"""Archives are measured before they are opened; rows are measured as they pass."""

import io
import struct
import zipfile
from pathlib import Path

import polars as pl
import pytest

from importer.sheets import Limits, UnreadableFile, inspect, stage
from importer.sheets.block import Block, frame
from importer.sheets.guard import DEFAULT_LIMITS, MB, Gate, measure_archive
from tests.sheets.workbooks import SHEET_PART, sheet_xml, write_raw, write_workbook

FILES = Path(__file__).parent / "files"
# Where a number stands in a member's entry in the directory of a ZIP: APPNOTE 4.3.12.
PACKED_SIZE, SIZE, NAME_LENGTH, EXTRA_LENGTH, OFFSET = 20, 24, 28, 30, 42


@pytest.fixture
def workbook(tmp_path):
    return write_workbook(tmp_path / "book.xlsx", [["a", "b", "c"], ["1", "2", "3"]])


def entries(content: bytes) -> list[int]:
    """Where each member's entry in the directory begins."""
    starts, at = [], content.find(b"PK\x01\x02")
    while at >= 0:
        starts.append(at)
        at = content.find(b"PK\x01\x02", at + 1)
    return starts


def entry_of(content: bytes, name: str) -> int:
    return next(at for at in entries(content) if content[at + 46 :].startswith(name.encode()))


def rewritten(path: Path, at: int, number: int) -> Path:
    content = bytearray(path.read_bytes())
    content[at : at + 4] = struct.pack("<I", number)
    path.write_bytes(content)
    return path


def refused(path: Path, limits: Limits = DEFAULT_LIMITS) -> str:
    with pytest.raises(UnreadableFile) as refusal:
        inspect(path, limits=limits)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(file_bytes=100), "larger than 0 MB"),
        (Limits(unzipped_bytes=100), "unpacks to far more"),
        (Limits(parts=2), "unpacks to far more"),
        (Limits(columns=2), "Row 1 has cells beyond column 2"),
        (Limits(cells=5), "more than 5 filled cells"),
    ],
)
def test_inspect_keeps_to_the_limits(workbook, limits, words):
    assert words in refused(workbook, limits)


def test_stage_keeps_to_the_limits(workbook, tmp_path):
    reading = inspect(workbook).reading

    with pytest.raises(UnreadableFile, match="more than 4 filled cells"):
        stage(workbook, reading, tmp_path / "table.parquet", limits=Limits(cells=4))


@pytest.mark.parametrize("name", ["messytables__ods_formats.ods", "calamine__date.xlsb"])
def test_archives_of_every_format_are_measured(name):
    assert "unpacks to far more" in refused(FILES / name, Limits(unzipped_bytes=100))


def test_an_ordinary_archive_may_be_opened(workbook):
    measure_archive(workbook, DEFAULT_LIMITS)


def test_a_small_archive_may_swell_as_blank_cells_do(tmp_path, workbook):
    path = write_raw(tmp_path / "b.xlsx", {"xl/theme/theme1.xml": " " * 40 * MB}, of=workbook)

    measure_archive(path, DEFAULT_LIMITS)


def test_a_large_archive_may_not(tmp_path, workbook):
    path = write_raw(tmp_path / "b.xlsx", {"xl/theme/theme1.xml": " " * 51 * MB}, of=workbook)

    assert "unpacks to far more" in refused(path)


def test_members_may_not_share_their_bytes(workbook):
    content = workbook.read_bytes()
    first, second, *_ = entries(content)
    [offset] = struct.unpack_from("<I", content, first + OFFSET)

    assert "unpacks to far more" in refused(rewritten(workbook, second + OFFSET, offset))


def test_a_member_may_not_reach_beyond_the_archive(workbook):
    last = entries(workbook.read_bytes())[-1]

    assert "unpacks to far more" in refused(rewritten(workbook, last + PACKED_SIZE, 10**9))


def test_a_member_that_is_larger_than_it_says_is_not_read_on(tmp_path, workbook):
    rows = "".join(f"<row><c><v>{n}</v></c></row>" for n in range(20_000))
    path = write_raw(tmp_path / "b.xlsx", {SHEET_PART: sheet_xml(rows)}, of=workbook)
    sheet = entry_of(path.read_bytes(), SHEET_PART)

    assert "damaged" in refused(rewritten(path, sheet + SIZE, 1000))


@pytest.mark.parametrize("size", [2**62, 2**63 - 1])
def test_a_size_of_64_bits_is_believed_and_refused(tmp_path, workbook, size):
    """A member that says so has its true sizes behind its name: APPNOTE 4.5.3."""
    content = workbook.read_bytes()
    last = entries(content)[-1]
    name = int.from_bytes(content[last + NAME_LENGTH : last + NAME_LENGTH + 2], "little")
    sizes = struct.pack("<HHQ", 1, 8, size)
    entry = bytearray(content[last : last + 46 + name])
    entry[SIZE : SIZE + 4] = b"\xff" * 4
    entry[EXTRA_LENGTH : EXTRA_LENGTH + 2] = struct.pack("<H", len(sizes))
    end = bytearray(content[content.rfind(b"PK\x05\x06") :])
    [length] = struct.unpack_from("<I", end, 12)
    end[12:16] = struct.pack("<I", length + len(sizes))
    path = tmp_path / "large.xlsx"
    path.write_bytes(content[:last] + entry + sizes + end)

    assert "unpacks to far more" in refused(path)


def test_gate_counts_the_cells_of_all_blocks():
    gate = Gate(Limits(cells=3))
    block = Block(pl.Series([1, 2]), frame([["a", None], [None, "b"]]))

    gate.admit(block)

    with pytest.raises(UnreadableFile, match="more than 3 filled cells"):
        gate.admit(block)


def test_an_archive_of_too_many_members_is_refused(tmp_path):
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for number in range(DEFAULT_LIMITS.parts + 1):
            archive.writestr(f"xl/{number}.xml", b"")
        archive.writestr("[Content_Types].xml", b"")
    path = tmp_path / "b.xlsx"
    path.write_bytes(whole.getvalue())

    assert "unpacks to far more" in refused(path)
