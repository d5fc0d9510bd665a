"""An import's files: the same on a disk, and on a storage that has no local paths."""

from contextlib import suppress
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from importer.imports.files import OUTCOMES_CSV, PROBLEMS_CSV, ImportFiles
from importer.imports.telling import tell
from tests.office import finished, leads_csv

DISK = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
MEMORY = {"BACKEND": "django.core.files.storage.InMemoryStorage"}


@pytest.fixture(params=["disk", "memory"])
def storage(request, settings, tmp_path) -> str:
    """Both kinds, one after the other."""
    on_disk = DISK | {"OPTIONS": {"location": tmp_path, "allow_overwrite": True}}
    chosen = on_disk if request.param == "disk" else MEMORY
    settings.STORAGES = settings.STORAGES | {"default": chosen}
    return request.param


@pytest.fixture
def files(storage) -> ImportFiles:
    return ImportFiles("0b7c")


def write(files: ImportFiles, name: str, content: bytes) -> None:
    with files.write(name) as path:
        path.write_bytes(content)


def stored(files: ImportFiles, name: str) -> bytes:
    with files.open(name) as file:
        return file.read()


def leftovers(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.name.startswith(".new-")]


def test_file_that_was_written_can_be_read_and_opened(files):
    write(files, "table.parquet", b"rows")

    with files.read("table.parquet") as path:
        assert path.read_bytes() == b"rows"
        assert path.suffix == ".parquet"
    assert stored(files, "table.parquet") == b"rows"
    assert files.exists("table.parquet")


def test_file_written_again_is_replaced(files):
    write(files, "ledger.parquet", b"the first")
    write(files, "ledger.parquet", b"2nd")

    assert stored(files, "ledger.parquet") == b"2nd"
    _, names = default_storage.listdir("imports/0b7c")
    assert names == ["ledger.parquet"]


def test_file_whose_writing_failed_is_as_it_was(files, tmp_path):
    write(files, "ledger.parquet", b"whole")

    with suppress(ZeroDivisionError), files.write("ledger.parquet") as path:
        path.write_bytes(b"half")
        raise ZeroDivisionError

    assert stored(files, "ledger.parquet") == b"whole"
    assert leftovers(tmp_path) == []


def test_file_that_was_never_written_is_not_there(files):
    with suppress(ZeroDivisionError), files.write("new.parquet"):
        raise ZeroDivisionError

    assert not files.exists("new.parquet")
    with pytest.raises(FileNotFoundError):
        files.open("new.parquet")


def test_upload_is_kept_as_it_is(files):
    files.store("source", ContentFile(b"Email\r\nx\r\n"))

    assert stored(files, "source") == b"Email\r\nx\r\n"


@pytest.mark.django_db(transaction=True)
def test_file_can_be_deleted_and_deleted_again(files):
    write(files, "part.zip", b"rows")

    files.delete("part.zip")
    files.delete("part.zip")

    assert not files.exists("part.zip")


@pytest.mark.django_db(transaction=True)
def test_file_stays_when_its_deletion_is_taken_back(files):
    write(files, "part.zip", b"rows")

    with suppress(ZeroDivisionError), transaction.atomic():
        files.delete("part.zip")
        raise ZeroDivisionError

    assert stored(files, "part.zip") == b"rows"


def test_files_of_two_imports_do_not_meet(files):
    other = ImportFiles("1c8d")
    write(files, "source", b"ours")
    write(other, "source", b"theirs")

    assert (stored(files, "source"), stored(other, "source")) == (b"ours", b"theirs")


def test_file_is_addressed_by_its_path_where_it_has_one(files, storage, tmp_path):
    write(files, "problems.csv", b"x")

    expected = {
        "disk": str(tmp_path / "imports/0b7c/problems.csv"),
        "memory": "imports/0b7c/problems.csv",
    }
    assert files.address("problems.csv") == expected[storage]


def test_file_on_disk_is_read_in_place_from_the_very_first_access(settings, tmp_path):
    on_disk = DISK | {"OPTIONS": {"location": tmp_path, "allow_overwrite": True}}
    settings.STORAGES = settings.STORAGES | {"default": on_disk}  # not looked at by anybody yet
    place = tmp_path / "imports/0b7c/source"
    place.parent.mkdir(parents=True)
    place.write_bytes(b"rows")

    with ImportFiles("0b7c").read("source") as path:
        assert path == place


def test_import_goes_all_the_way_on_either_storage(storage, connection, ana, domain, client):
    import_ = finished(connection, ana, leads_csv(domain, 3, bad=1))
    client.force_login(ana)

    answer = client.get(f"/imports/{import_.pk}/reports/{PROBLEMS_CSV}")

    assert (import_.balance.created, import_.balance.held_back) == (2, 1)
    assert f"p3@{domain}" in b"".join(answer.streaming_content).decode("utf-8-sig")
    assert tell(import_)["reports"]["outcomes_csv"].endswith(OUTCOMES_CSV)


def test_import_leaves_no_scratch_files_behind(settings, tmp_path, connection, ana, domain):
    on_disk = DISK | {"OPTIONS": {"location": tmp_path, "allow_overwrite": True}}
    settings.STORAGES = settings.STORAGES | {"default": on_disk}

    import_ = finished(connection, ana, leads_csv(domain, 3, bad=1))

    kept = {path.name for path in (tmp_path / "imports" / str(import_.pk)).iterdir()}
    assert {"source", import_.table_file, "ledger.parquet", "problems.xlsx"} <= kept
    assert len([name for name in kept if name.startswith("table")]) == 1
    assert leftovers(tmp_path) == []
    assert not [name for name in kept if name.endswith(".csv.zip") or name.startswith(".")]
