"""Files that come piece by piece: whatever breaks, doubles or meddles, they end up whole or not."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from io import RawIOBase

import pytest
from django.core.files.storage import default_storage
from django.db import connection as database
from django.db import transaction
from django.test import Client, TestCase
from django.urls import reverse
from django.utils import timezone

from importer.imports import files, tasks, uploading, uploads
from importer.imports.models import Import
from importer.imports.uploads import KEPT_FOR, UNFINISHED, Upload
from importer.imports.wizard import upload as pages
from tests.people import new_person

BYTES = "application/octet-stream"
CONTENT = b"Email,Last Name\na@x.example.com,Ann\n"
DISK = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
MEMORY = {"BACKEND": "django.core.files.storage.InMemoryStorage"}


@pytest.fixture(autouse=True)
def crumbs(monkeypatch):
    """Pieces may be as small as a test likes."""
    monkeypatch.setattr(uploads, "LEAST_PIECE_BYTES", 1)


@pytest.fixture(autouse=True)
def disk(settings, tmp_path):
    """A storage of the test's own."""
    chosen = DISK | {"OPTIONS": {"location": tmp_path, "allow_overwrite": True}}
    settings.STORAGES = settings.STORAGES | {"default": chosen}


@pytest.fixture(autouse=True)
def nudged(monkeypatch) -> list[Import]:
    """The imports that a worker was asked to look at."""
    asked: list[Import] = []
    monkeypatch.setattr(tasks, "nudge", asked.append)
    return asked


@pytest.fixture
def browser(client, ana):
    client.force_login(ana)
    return client


def begin(browser, content=CONTENT, name="leads.csv", modified=1_700_000_000_000):
    about = {"name": name, "size": len(content), "modified": modified}
    return browser.post(reverse("imports:begin_upload"), about)


def send(browser, where, piece):
    return browser.post(where["next"], piece, content_type=BYTES, CONTENT_TYPE=BYTES)


def finish(browser, where):
    with TestCase.captureOnCommitCallbacks(execute=True):
        return browser.post(where["finish"])


def piece_at(where, offset: int) -> dict[str, str]:
    """The address at which a piece beginning at `offset` would have to arrive."""
    return {"next": where["next"].replace(f"/{where['received']}/", f"/{offset}/")}


def stored(import_: Import) -> bytes:
    with import_.files.open(files.SOURCE) as file:
        return file.read()


def pieces() -> list[str]:
    """What the storage has of all uploads."""
    try:
        folders, _ = default_storage.listdir("uploads")
    except FileNotFoundError:
        return []
    return [name for folder in folders for name in default_storage.listdir(f"uploads/{folder}")[1]]


@pytest.mark.parametrize("storage", [{}, {"default": MEMORY}], ids=["disk", "memory"])
def test_upload_of_several_pieces_becomes_an_import(browser, settings, storage, nudged):
    settings.STORAGES = settings.STORAGES | storage

    where = begin(browser).json()
    for start in range(0, len(CONTENT), 10):
        assert where["received"] == start
        where = send(browser, where, CONTENT[start : start + 10]).json()
    answer = finish(browser, where).json()

    import_ = Import.objects.get()
    assert answer == {"url": reverse("imports:file", args=[import_.pk])}
    assert (import_.source_name, import_.source_bytes) == ("leads.csv", len(CONTENT))
    assert import_.source_sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert stored(import_) == CONTENT
    assert nudged == [import_]
    assert pieces() == []


def test_upload_goes_on_where_it_stopped_when_the_same_file_is_chosen_again(browser):
    first = begin(browser).json()
    send(browser, first, CONTENT[:10])

    again = begin(browser).json()

    assert again["received"] == 10
    assert again["finish"] == first["finish"]


@pytest.mark.parametrize(
    "other", [{"name": "other.csv"}, {"content": CONTENT + b"x"}, {"modified": 1_700_000_000_001}]
)
def test_upload_of_another_file_begins_anew(browser, other):
    send(browser, begin(browser).json(), CONTENT[:10])

    assert begin(browser, **other).json()["received"] == 0


def test_upload_of_a_file_that_arrived_before_begins_anew(browser):
    where = send(browser, begin(browser).json(), CONTENT).json()
    finish(browser, where)

    assert begin(browser).json()["received"] == 0


@pytest.mark.parametrize(
    ("offset", "piece"),
    [
        (0, CONTENT[:10]),  # came before
        (5, CONTENT[5:15]),  # in the midst of what came
        (20, CONTENT[20:]),  # something is missing between
        (10, b""),
        (10, CONTENT[10:] + b"more than there is"),
        (10**30, b"x"),
    ],
)
def test_piece_that_does_not_fit_is_told_where_to_go_on(browser, offset, piece):
    where = send(browser, begin(browser).json(), CONTENT[:10]).json()

    answer = send(browser, piece_at(where, offset), piece)

    assert (answer.status_code, answer.json()["received"]) == (409, 10)
    end = send(browser, answer.json(), CONTENT[10:]).json()
    finish(browser, end)
    assert stored(Import.objects.get()) == CONTENT


def test_piece_that_is_a_crumb_is_not_taken_but_as_the_last(browser, monkeypatch):
    monkeypatch.setattr(uploads, "LEAST_PIECE_BYTES", 20)
    where = begin(browser).json()

    assert send(browser, where, CONTENT[:19]).status_code == 409
    where = send(browser, where, CONTENT[:20]).json()
    assert send(browser, where, CONTENT[20:]).status_code == 200


def test_piece_after_the_end_changes_nothing(browser):
    where = begin(browser).json()
    end = send(browser, where, CONTENT).json()
    finish(browser, end)

    for late in (where, end):
        answer = send(browser, late, b"late")
        assert (answer.status_code, answer.json()["received"]) == (409, len(CONTENT))
    assert stored(Import.objects.get()) == CONTENT
    assert pieces() == []


def test_piece_that_is_too_long_is_refused(browser, monkeypatch):
    monkeypatch.setattr(pages, "PIECE_BYTES", 10)
    where = begin(browser).json()

    assert send(browser, where, CONTENT[:11]).status_code == 413
    assert begin(browser).json()["received"] == 0
    assert pieces() == []


def test_piece_as_a_form_is_refused(browser):
    where = begin(browser).json()

    answer = browser.post(where["next"], {"piece": "text"})

    assert answer.status_code == 415


class CutLine(RawIOBase):
    """A request's body whose line breaks."""

    def readinto(self, buffer) -> int:
        raise ConnectionResetError


def test_piece_whose_line_breaks_is_not_taken(browser):
    where = begin(browser).json()

    answer = browser.post(where["next"], CONTENT, content_type=BYTES, **{"wsgi.input": CutLine()})

    assert answer.status_code == 400
    assert begin(browser).json()["received"] == 0


def test_finish_before_the_end_tells_where_to_go_on(browser):
    where = send(browser, begin(browser).json(), CONTENT[:10]).json()

    answer = finish(browser, where)

    assert (answer.status_code, answer.json()) == (409, where)
    assert not Import.objects.exists()


def test_finish_asked_twice_leads_to_the_same_import(browser):
    where = send(browser, begin(browser).json(), CONTENT).json()

    first, second = finish(browser, where), finish(browser, where)

    assert first.json() == second.json()
    assert Import.objects.count() == 1


def test_finish_of_what_the_storage_has_lost_begins_again(browser):
    where = send(browser, begin(browser).json(), CONTENT[:10]).json()
    where = send(browser, where, CONTENT[10:15]).json()
    where = send(browser, where, CONTENT[15:]).json()
    upload = Upload.objects.get()
    default_storage.delete(f"uploads/{upload.pk}/{10:015}")

    answer = finish(browser, where)

    assert (answer.status_code, answer.json()["received"]) == (409, 0)
    where = send(browser, answer.json(), CONTENT[:20]).json()
    finish(browser, send(browser, where, CONTENT[20:]).json())
    assert stored(Import.objects.get()) == CONTENT


def test_finish_that_is_not_saved_keeps_what_came(browser):
    where = send(browser, begin(browser).json(), CONTENT).json()

    with suppress(ZeroDivisionError), transaction.atomic():
        uploading.finish(Upload.objects.get())
        raise ZeroDivisionError

    finish(browser, where)
    assert stored(Import.objects.get()) == CONTENT


@pytest.mark.parametrize("who", ["stranger", "teammate"])
def test_upload_is_its_senders_alone(browser, stranger, team, who):
    where = send(browser, begin(browser).json(), CONTENT[:10]).json()
    other = Client()
    other.force_login(stranger if who == "stranger" else new_person("tom", team))

    statuses = [
        send(other, where, CONTENT[10:]).status_code,
        finish(other, where).status_code,
        other.post(where["discard"]).status_code,
    ]

    assert statuses == [404, 404, 404]
    assert begin(other).json()["received"] == 0
    assert begin(browser).json() == where


def test_upload_is_no_longer_ones_own_in_another_team(browser, ana, strangers):
    where = begin(browser).json()
    ana.team = strangers
    ana.save()

    assert send(browser, where, CONTENT).status_code == 404
    assert begin(browser).json()["finish"] != where["finish"]


def test_discarded_upload_leaves_nothing(browser):
    where = send(browser, begin(browser).json(), CONTENT[:10]).json()

    assert browser.post(where["discard"]).status_code == 204

    assert pieces() == []
    assert send(browser, where, CONTENT[10:]).status_code == 404
    assert begin(browser).json()["received"] == 0


@pytest.mark.parametrize(
    ("about", "told"),
    [
        ({"size": 0}, "This file is empty."),
        ({"size": 11}, "is the most we take."),
        ({"size": -1}, "This file is empty."),
        ({"size": "many"}, "whole number"),
        ({"modified": 10**20}, "less than or equal"),
        ({"name": ""}, "required"),
    ],
)
def test_upload_that_cannot_be_is_refused_in_a_sentence(browser, settings, about, told):
    settings.UPLOAD_LIMIT_BYTES = 10
    usual = {"name": "leads.csv", "size": 5, "modified": 1}

    answer = browser.post(reverse("imports:begin_upload"), usual | about)

    assert answer.status_code == 400
    assert told in answer.json()["error"]
    assert not Upload.objects.exists()


def test_upload_of_250_mb_is_taken_and_of_a_byte_more_refused(browser):
    size = 250 * 1024**2
    about = {"name": "leads.csv", "modified": 1}
    refused = browser.post(reverse("imports:begin_upload"), about | {"size": size + 1})
    where = browser.post(reverse("imports:begin_upload"), about | {"size": size}).json()
    while left := size - where["received"]:
        where = send(browser, where, bytes(min(left, uploads.PIECE_BYTES))).json()

    answer = finish(browser, where)

    assert (refused.status_code, answer.status_code) == (400, 200)
    assert "250.0\xa0MB is the most we take." in refused.json()["error"]
    assert Import.objects.get().source_bytes == size


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.csv", "passwd.csv"),
        ("..", "file"),
        ("Größe 1/2.csv", "2.csv"),
        ("n" * 300, "n" * 255),
        ("leads." + "x" * 240, "leads." + "x" * 240),
    ],
)
def test_upload_keeps_no_more_of_a_name_than_the_name(browser, name, kept):
    where = send(browser, begin(browser, name=name).json(), CONTENT).json()
    finish(browser, where)

    assert Import.objects.get().source_name == kept


def test_unfinished_uploads_of_a_person_are_few(browser):
    first = begin(browser, name="0.csv").json()
    send(browser, first, CONTENT[:10])
    for number in range(1, UNFINISHED + 1):
        begin(browser, name=f"{number}.csv")

    assert Upload.objects.count() == UNFINISHED
    assert send(browser, first, CONTENT[10:]).status_code == 404
    assert pieces() == []


def test_sweep_forgets_uploads_that_nobody_goes_on_with(browser):
    send(browser, begin(browser, name="old.csv").json(), CONTENT[:10])
    Upload.objects.update(touched_at=timezone.now() - KEPT_FOR - timedelta(minutes=1))
    send(browser, begin(browser, name="new.csv").json(), CONTENT[:10])

    tasks.sweep()

    assert [upload.name for upload in Upload.objects.all()] == ["new.csv"]
    assert len(pieces()) == 1


def at_once(count: int, do) -> list:
    """What `do(number)` answers to several threads that call it together."""

    def once(number: int):
        try:
            return do(number)
        finally:
            database.close()

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(once, range(count)))


@pytest.mark.django_db(transaction=True)
def test_two_tabs_with_the_same_file_make_one_import(ana):
    content = CONTENT * 200

    def tab(_: int) -> str:
        browser = Client()
        browser.force_login(ana)
        where = begin(browser, content).json()
        while where["received"] < len(content):
            start = where["received"]
            where = send(browser, where, content[start : start + 1000]).json()
        return finish(browser, where).json()["url"]

    urls = at_once(2, tab)

    assert len({*urls}) == 1
    assert stored(Import.objects.get()) == content
    assert pieces() == []


@pytest.mark.django_db(transaction=True)
def test_upload_finished_by_several_at_once_becomes_one_import(ana):
    upload = Upload.objects.begin(ana, "leads.csv", len(CONTENT), 1)
    upload.append(0, CONTENT)

    became = at_once(4, lambda _: uploading.finish(Upload.objects.get(pk=upload.pk)))

    assert {*became} == {*Import.objects.all()}
    assert len({*became}) == 1
