"""A spreadsheet in a ZIP or gzip archive is read as that spreadsheet; others are refused."""

import gzip
import io
import stat
import tarfile
import warnings
import zipfile

import pytest

from importer import sheets
from importer.sheets import Choice, Limits, UnreadableFile, inspect, stage
from importer.sheets.guard import MB
from tests.sheets.workbooks import write_workbook

CSV = b"name,town\nAnn,Bonn\nBen,Ulm\n"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(100)


def zipped(members, compression=zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of (name or ZipInfo, content); a dict will do if no name comes twice."""
    pairs = members.items() if isinstance(members, dict) else members
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", compression) as archive, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Duplicate name")
        for name, content in pairs:
            archive.writestr(name, content)
    return whole.getvalue()


def protected(archive: bytes) -> bytes:
    """The archive with every member marked as encrypted, here and in its directory."""
    return archive.replace(b"PK\x03\x04\x14\x00\x00", b"PK\x03\x04\x14\x00\x01").replace(
        b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"
    )


@pytest.fixture
def upload(tmp_path):
    def write(content: bytes):
        path = tmp_path / "source"
        path.write_bytes(content)
        return path

    return write


@pytest.fixture
def workbook(tmp_path):
    return write_workbook(tmp_path / "book.xlsx", [["name", "town"], ["Ann", "Bonn"]]).read_bytes()


def staged(path, tmp_path):
    target = tmp_path / "table.parquet"
    table = stage(path, inspect(path).reading, target)
    return table.headers, sheets.head(target, 2).rows()


@pytest.mark.parametrize(
    "compression",
    [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA],
)
def test_a_zipped_text_file_is_read(upload, tmp_path, compression):
    path = upload(zipped({"export/leads.csv": CSV}, compression))

    assert staged(path, tmp_path) == (("name", "town"), [(2, "Ann", "Bonn"), (3, "Ben", "Ulm")])
    assert inspect(path).member == "export/leads.csv"
    assert inspect(path).reasons["format"].endswith("in a ZIP archive.")


def test_a_zipped_workbook_is_read_whatever_its_name(upload, tmp_path, workbook):
    path = upload(zipped({"leads.dat": workbook}))

    assert staged(path, tmp_path) == (("name", "town"), [(2, "Ann", "Bonn")])
    assert inspect(path).reading.format == "xlsx"


@pytest.mark.parametrize("name", ["leads.csv", ""])
def test_a_text_file_in_gzip_is_read(upload, tmp_path, name):
    whole = io.BytesIO()
    with gzip.GzipFile(name, "wb", fileobj=whole) as packed:
        packed.write(CSV)
    path = upload(whole.getvalue())

    assert staged(path, tmp_path)[0] == ("name", "town")
    assert inspect(path).member == (name or "a file without a name")


def test_a_workbook_in_gzip_is_read(upload, tmp_path, workbook):
    assert staged(upload(gzip.compress(workbook)), tmp_path)[0] == ("name", "town")


def test_read_unpacks_and_names_the_file_inside(upload, tmp_path):
    told = []

    table = sheets.read(
        upload(zipped({"leads.csv": CSV})),
        Choice(),
        tmp_path / "table.parquet",
        on_inspection=told.append,
    )

    assert table.headers == ("name", "town")
    assert told[0].member == "leads.csv"
    assert told[0].reasons["format"].count("archive") == 1


def test_what_systems_leave_behind_is_no_file(upload, workbook):
    link = zipfile.ZipInfo("link.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = upload(
        zipped(
            [
                ("leads/", b""),
                ("leads/.DS_Store", b"\x00\x00\x00\x01Bud1"),
                ("leads/leads.xlsx", workbook),
                ("__MACOSX/leads/._leads.xlsx", b"\x00\x05\x16\x07"),
                ("leads/Thumbs.db", b"\xd0\xcf\x11\xe0"),
                (link, b"/etc/passwd"),
            ]
        )
    )

    assert inspect(path).member == "leads/leads.xlsx"


@pytest.mark.parametrize(
    "beside", [{"READ ME.txt": b"See the table.\n"}, {"logo.png": PICTURE}, {"data": b"{}"}]
)
def test_one_table_is_told_from_what_lies_beside_it(upload, beside):
    assert inspect(upload(zipped({**beside, "leads.csv": CSV}))).member == "leads.csv"


def test_names_inside_are_never_written(upload, tmp_path):
    path = upload(zipped({"../../evil.csv": CSV}))
    before = sorted(tmp_path.rglob("*"))

    assert inspect(path).member == "../../evil.csv"
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("archive", "words"),
    [
        (zipped({}), "archive is empty"),
        (zipped({"__MACOSX/x": b"1", "folder/": b""}), "archive is empty"),
        (zipped({"a.csv": CSV, "b.csv": CSV}), "2 spreadsheets: “a.csv”, “b.csv”."),
        (zipped({f"{n}.csv": CSV for n in range(9)}), "“4.csv” and 4 more"),
        (zipped([("a.csv", CSV), ("a.csv", CSV)]), "2 spreadsheets"),
        (zipped({"a.txt": CSV, "b.txt": CSV}), "2 spreadsheets"),
        (zipped({"a.png": PICTURE, "b.pdf": b"%PDF-1.4"}), "no spreadsheet, but “a.png”, “b.pdf”"),
        (zipped({"b.pdf": b"%PDF-1.4"}), "holds “b.pdf” alone. This is a PDF document"),
        (zipped({"a.csv": b""}), "This file is empty"),
        (zipped({str(n): b"" for n in range(200)}), "holds 200 files"),
        (zipped({"in.zip": zipped({"a.csv": CSV})}), "“in.zip” alone. This is a ZIP archive"),
        (zipped({"a.csv.gz": gzip.compress(CSV)}), "This is a gzip archive"),
        (gzip.compress(gzip.compress(CSV)), "This is a gzip archive"),
        (gzip.compress(zipped({"a.csv": CSV})), "This is a ZIP archive"),
        (protected(zipped({"a.csv": CSV})), "protected with a password"),
        (zipped({"a.csv": CSV * 9}).replace(b"\xcbK", b"\xff\xff", 1), "damaged"),
        (gzip.compress(CSV)[:-9], "This gzip archive is damaged"),
        (gzip.compress(CSV)[:4], "This gzip archive is damaged"),
        (gzip.compress(CSV)[:-8] + bytes(8), "This gzip archive is damaged"),
    ],
    ids=lambda given: given if isinstance(given, str) else "archive",  # its bytes tell the time
)
def test_other_archives_are_refused_with_what_they_hold(upload, archive, words):
    with pytest.raises(UnreadableFile) as refusal:
        inspect(upload(archive))

    assert words in str(refusal.value)


def test_a_tape_archive_in_gzip_is_refused(upload):
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("leads.csv"), io.BytesIO(b""))

    with pytest.raises(UnreadableFile, match="This is a TAR archive"):
        inspect(upload(whole.getvalue()))


@pytest.mark.parametrize("pack", [gzip.compress, lambda content: zipped({"a.csv": content})])
def test_an_archive_that_unpacks_to_too_much_is_refused(upload, pack):
    with pytest.raises(UnreadableFile, match="unpacks to far more"):
        inspect(upload(pack(CSV * 10)), limits=Limits(unzipped_bytes=100))


def test_a_gzip_bomb_is_given_up_on_the_way(upload):
    bomb = gzip.compress(bytes(60 * MB), compresslevel=1)

    with pytest.raises(UnreadableFile, match="unpacks to far more"):
        inspect(upload(bomb))


def test_a_file_in_an_archive_may_be_larger_than_an_upload(upload, tmp_path):
    path = upload(zipped({"a.csv": CSV + b"Cy,Rom\n" * 1000}))
    limits = Limits(file_bytes=1000)

    reading = inspect(path, limits=limits).reading

    assert stage(path, reading, tmp_path / "table.parquet", limits=limits).rows == 1002
