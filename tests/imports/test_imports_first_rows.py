"""The first rows are seen while the others are still read."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from importer.imports.models import Import
from tests.office import Wizard, leads_csv


@pytest.fixture
def browser(client, ana):
    client.force_login(ana)
    return client


def being_read(browser, content: bytes) -> Wizard:
    """An import whose first rows are known, and no more."""
    wizard = Wizard.upload(browser, content)
    Import.objects.update(work=Import.Work.READ, table_json=None)
    return wizard


@pytest.mark.parametrize(("columns", "shown"), [(3, 100), (200, 50), (500, 20)])
def test_first_hundred_rows_are_shown_fewer_if_they_are_wide(browser, columns, shown):
    rows = [f"Name {n}" for n in range(columns)], *[["x"] * columns] * 120

    page = being_read(browser, "\n".join(map(",".join, rows)).encode()).page("file")

    assert page.count('class="table__row-number"') == shown


def test_first_rows_take_the_place_of_the_page_that_waits_for_them(browser, domain):
    answer = being_read(browser, leads_csv(domain)).fragment("file", "work")

    assert answer["HX-Retarget"] == answer["HX-Reselect"] == "main"
    assert answer["HX-Reswap"] == "outerHTML show:window:top"
    assert 'aria-label="The first rows" tabindex="0" autofocus' in answer.content.decode()


def test_page_that_waits_asks_often_at_first(browser, domain):
    file = SimpleUploadedFile("leads.csv", leads_csv(domain))
    browser.post(reverse("imports:new"), {"file": file})
    wizard = Wizard(browser, Import.objects.get())

    assert '?asked=1" hx-trigger="every 100ms"' in wizard.page("file")
    assert '?asked=20" hx-trigger="every 500ms"' in wizard.page("file", asked=19)
    assert 'hx-trigger="every 500ms"' in wizard.page("file", asked="never")
