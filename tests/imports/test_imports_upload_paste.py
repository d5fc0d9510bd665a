"""A table pasted into the page becomes a source file like any other."""

import pytest
from django.urls import reverse

from importer.imports import files, tasks
from importer.imports.models import Import
from tests.office import Wizard

CELLS = 'Email\tNote\r\na@x.example.com\t"two\r\nlines, one cell"\r\nb@x.example.com\tZürich\r\n'


@pytest.fixture
def browser(client, ana):
    client.force_login(ana)
    return client


def paste(browser, text: str):
    return browser.post(reverse("imports:new"), {"text": text})


def stored(import_: Import) -> str:
    with import_.files.open(files.SOURCE) as file:
        return file.read().decode()


def test_pasted_table_is_read_with_its_line_breaks_within_cells(browser):
    answer = paste(browser, CELLS)

    import_ = Import.objects.get()
    wizard = Wizard(browser, import_)
    wizard.work()
    import_.refresh_from_db()
    assert answer.url == wizard.url("file")
    assert import_.source_name == "Pasted table.tsv"
    assert (import_.reading.delimiter, import_.reading.encoding) == ("\t", "utf-8")
    assert (import_.table.headers, import_.table.rows) == (("Email", "Note"), 2)
    assert "lines, one cell" in wizard.page("file")


@pytest.mark.parametrize("text", ["\tEmail\t\n\ta@x.example.com\t\n", " Email \n a \n"])
def test_pasted_cells_stay_where_they_are(browser, monkeypatch, text):
    monkeypatch.setattr(tasks, "nudge", lambda _: None)

    paste(browser, text)

    assert stored(Import.objects.get()) == text


@pytest.mark.parametrize("text", ["", " \r\n\t\r\n"])
def test_pasting_nothing_is_answered_by_a_sentence(browser, text):
    answer = paste(browser, text)

    assert "Nothing was pasted." in answer.content.decode()
    assert not Import.objects.exists()


def test_pasted_table_that_is_too_large_is_refused(browser, settings):
    settings.UPLOAD_LIMIT_BYTES = 10

    answer = paste(browser, CELLS)

    assert "is the most we take" in answer.content.decode()
    assert not Import.objects.exists()


def test_pasted_table_too_large_for_a_form_is_answered_by_a_page(browser, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    answer = paste(browser, CELLS * 100)

    assert answer.status_code == 400
    assert "save it as a file and upload that" in answer.content.decode()
