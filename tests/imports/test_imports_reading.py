"""How a file is read can be changed, thing by thing; the page says what has become of it."""

from dataclasses import asdict
from pathlib import Path

import cattrs
import pytest
from django.http import QueryDict

from importer.audit.models import Event
from importer.imports.models import Import
from importer.imports.wizard.reading_form import ReadingForm
from importer.sheets import Choice, Format, Inspection, Reading, Sheet
from tests.office import Wizard, leads_csv

FILES = Path(__file__).parents[1] / "sheets" / "files"
TEXT = Reading(Format.CSV, header_row=3, header_rows=2, encoding="cp1252", delimiter=";")
BOOK = Reading(Format.XLSX, header_row=1, sheet="Leads")
SHEETS = (Sheet("Leads", hidden=False), Sheet("Costs", hidden=True))


@pytest.fixture
def browser(client, ana):
    client.force_login(ana)
    return client


def read_as(reading: Reading, choice: Choice = Choice()) -> Import:  # noqa: B008  # frozen
    """A draft whose file was read so."""
    inspection = Inspection(reading, {}, () if reading.format is Format.CSV else SHEETS, ())
    return Import(choice_json=asdict(choice), inspection_json=cattrs.unstructure(inspection))


def chosen(import_: Import, **sent: object) -> Choice:
    """What is chosen by sending that."""
    form = ReadingForm(import_, _posted(sent))
    assert form.is_valid(), form.errors
    return form.choice()


def _posted(sent: dict[str, object]) -> QueryDict:
    data = QueryDict(mutable=True)
    data.update({name: str(value) for name, value in sent.items()})
    return data


AS_SHOWN = {
    "encoding": "cp1252",
    "delimiter": ";",
    "header_row": 3,
    "header_rows": 2,
    "last_row": "",
}


@pytest.mark.parametrize(
    ("sent", "choice"),
    [
        (AS_SHOWN, Choice()),
        (AS_SHOWN | {"delimiter": ","}, Choice(delimiter=",")),
        (AS_SHOWN | {"delimiter": ",", "header_row": 1}, Choice(delimiter=",", header_row=1)),
        (AS_SHOWN | {"last_row": 90}, Choice(last_row=90)),
        ({"header_row": 5}, Choice(header_row=5)),
        ({"header_row": 0}, Choice(header_row=0)),
        ({"header_rows": 1}, Choice(header_row=3, header_rows=1)),
        ({"header_row": 5, "header_rows": 3}, Choice(header_row=5, header_rows=3)),
    ],
)
def test_only_what_was_changed_is_chosen(sent, choice):
    assert chosen(read_as(TEXT), **sent) == choice


@pytest.mark.parametrize(
    ("before", "sent", "after"),
    [
        (Choice(header_row=5), {"last_row": 90}, Choice(header_row=5, last_row=90)),
        (Choice(header_row=5, last_row=90), {"last_row": ""}, Choice(header_row=5)),
        (Choice(header_row=5, header_rows=2), {"header_row": 4}, Choice(header_row=4)),
        (Choice(header_row=5, last_row=9), {"encoding": "cp1250"}, Choice(encoding="cp1250")),
        (Choice(encoding="cp1250"), {"delimiter": "|"}, Choice(encoding="cp1250", delimiter="|")),
        (Choice(header_row=5, last_row=9), {"delimiter": "|"}, Choice(delimiter="|")),
        (Choice(header_row=5, delimiter="|"), {"forget": 1}, Choice()),
    ],
)
def test_later_choice_keeps_what_still_holds_of_an_earlier(before, sent, after):
    assert chosen(read_as(TEXT, before), **sent) == after


def test_another_sheet_is_looked_at_anew():
    before = Choice(header_row=5, header_rows=2, last_row=90)

    assert chosen(read_as(BOOK, before), sheet="Costs") == Choice(sheet="Costs")


def test_what_was_asked_for_in_vain_is_shown_and_can_be_taken_back():
    import_ = read_as(TEXT, Choice(delimiter="|"))

    assert ReadingForm(import_)["delimiter"].value() == "|"
    assert chosen(import_, delimiter=";") == Choice(delimiter=";")


@pytest.mark.parametrize(
    "sent",
    [
        {"header_row": ""},
        {"header_row": -1},
        {"header_rows": 0},
        {"last_row": "the last"},
        {"encoding": "rot13"},
        {"delimiter": "ab"},
        {"encoding": ""},
    ],
)
def test_choice_that_cannot_be_is_refused(sent):
    assert not ReadingForm(read_as(TEXT), _posted(sent)).is_valid()


@pytest.mark.parametrize("sent", [{"sheet": "Gone"}, {"sheet": ""}])
def test_sheet_that_is_not_there_is_refused(sent):
    assert not ReadingForm(read_as(BOOK), _posted(sent)).is_valid()


@pytest.mark.parametrize(
    ("mark", "name"), [("~", "Tildes"), ("\x1f", "Unit separators (U+001F)"), ("§", "§")]
)
def test_rare_separator_is_offered_where_the_file_has_it(mark, name):
    form = ReadingForm(read_as(Reading(Format.CSV, 1, encoding="utf-8", delimiter=mark)))

    assert form.fields["delimiter"].choices[0] == (mark, name)


def test_row_pressed_becomes_the_header_and_the_page_says_so(browser):
    wizard = Wizard.upload(browser, b"Email,Name\nMail,Surname\na@x.example.com,Ann\n")
    answer = wizard.post("file", header_row=2)
    wizard.work()

    page = browser.get(answer.url).content.decode()

    assert "Read again, as you chose. Header row: 2." in page
    assert "1 row and 2 columns, without the header" in page
    assert wizard.import_.choice == Choice(header_row=2)
    assert "reading_chosen" in [event.kind for event in Event.objects.about(wizard.import_)]


def test_address_says_no_more_than_is_so(browser, domain):
    wizard = Wizard.upload(browser, leads_csv(domain))

    page = wizard.page("file", changed="<b>sold</b>")

    assert "Read again, as you chose" not in page
    assert "sold" not in page


def test_row_can_be_pressed_however_much_was_done_since(browser, domain):
    wizard = Wizard.upload(browser, leads_csv(domain))
    Import.objects.update(work_number=9)  # as by questions asked and rows checked

    assert 'name="header_row" value="2"' in wizard.page("file")


def test_choices_can_be_undone_at_once(browser, domain):
    wizard = Wizard.upload(browser, leads_csv(domain))
    assert "Undo my choices" not in wizard.page("file")
    wizard.send("file", header_row=2)
    assert "Undo my choices" in wizard.page("file")

    wizard.send("file", forget=1)

    assert wizard.import_.choice == Choice()
    wizard.import_.refresh_from_db()
    assert wizard.import_.table.headers == ("Email", "Last Name", "Company")


def test_change_that_cannot_be_read_keeps_the_form_open_and_says_why(browser):
    content = (FILES / "frictionless__empty-first-sheet.xlsx").read_bytes()
    wizard = Wizard.upload(browser, content, "book.xlsx")
    empty = next(s.name for s in wizard.import_.inspection.sheets if s.name == "Sheet1")
    wizard.send("file", sheet=empty)

    page = wizard.page("file")

    wizard.import_.refresh_from_db()
    assert "It can't be read this way" in " ".join(page.split())
    assert wizard.import_.work_error in page
    assert '<details class="details" open>' in page
    assert 'name="sheet" value="Sheet2" aria-current="true">' in page  # one press leads back
    assert f'<option value="{empty}" selected>' in page


def test_footer_left_out_can_be_brought_in(browser):
    content = (FILES / "frictionless__title-and-total.xlsx").read_bytes()
    wizard = Wizard.upload(browser, content, "book.xlsx")
    wizard.import_.refresh_from_db()
    footer, rows = wizard.import_.table.footer, wizard.import_.table.rows
    assert f'name="last_row" value="{footer.rows[-1]}">Bring' in wizard.page("file")

    wizard.send("file", last_row=footer.rows[-1])

    wizard.import_.refresh_from_db()
    assert wizard.import_.table.rows == rows + len(footer.rows)
    assert ">Bring" not in wizard.page("file")
