"""The quick way through a workbook, the parser's and openpyxl's tell the same."""

from datetime import date, datetime, time, timedelta
from html import escape
from pathlib import Path
from typing import NamedTuple

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from importer.sheets.block import CellKind
from importer.sheets.xlsx import inflate, seen, strings, workbook
from importer.sheets.xlsx.tags import Odd
from importer.sheets.xlsx.workbook import Workbook
from tests.sheets.openpyxl_oracle import EAST_ASIAN, told
from tests.sheets.workbooks import (
    SHEET_PART,
    STRINGS_PART,
    cells_of,
    sheet_xml,
    strings_xml,
    write_raw,
    write_workbook,
)

FILES = sorted((Path(__file__).parent / "files").glob("*.xlsx"))
READABLE = [path for path in FILES if path.name != "calamine__pass_protected.xlsx"]
CUSTOM = [
    "00000",
    "000-00-0000",
    "0#\\ ##\\ ##",
    '"INV-"0000',
    "0.0%",
    "dd/mm/yyyy",
    "yyyy\\-mm\\-dd\\ hh:mm:ss",
    "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy",
    "mmm-yy",
    "hh:mm AM/PM",
    "[h]:mm:ss",
    "mm:ss.0",
    "#,##0.00 [$€-407]",
    '#,##0.00 "days"',
    '_-* #,##0.00_-;-* #,##0.00_-;_-* "-"??_-;_-@_-',
    "[Red][<0]-0;[Blue]0",
    "0.00E+00",
    "# ?/?",
    "@",
]
NUMBERS = [0, 1, -1, 7, 42, 501, 60, 59.5, 61, 45291, 45291.354166666667, 0.5, 0.07, 1e-7, 1.5e20]
NUMBERS += [1234.5, -0.25, 0.1 + 0.2, 34911234567, 123456789012345, 5874.7200000000003, 2958466]
NO_DATES = {-1, -0.25, 1.5e20, 34911234567, 123456789012345, 2958466}
NO_DATES_SINCE_1900 = NO_DATES | {0, 1e-7, 59.5, 60}  # 29 February among them


@pytest.fixture
def by_parser(monkeypatch):
    """Reads a workbook without the quick way."""

    def read(path, sheet=None):
        def refuse(*_, **__):
            raise Odd("everything, here")

        with monkeypatch.context() as patch:
            patch.setattr(workbook, "stored_cells", refuse)
            patch.setattr(strings, "_plain_texts", refuse)
            return cells_of(path, sheet)

    return read


@pytest.fixture
def no_parser(monkeypatch):
    """Fails where a cell takes the parser."""

    def refuse(cells, looks):
        assert not cells
        return seen.parsed_cells(cells, looks)

    monkeypatch.setattr(workbook, "parsed_cells", refuse)


def agree(ours, theirs):
    """Whether our cells are those that openpyxl tells."""
    return {place: ours[place] for place in ours.keys() - theirs.unsure.keys()} == theirs.cells


@pytest.mark.parametrize("path", READABLE, ids=lambda path: path.stem)
def test_published_workbooks_read_the_same_by_the_parser_and_by_openpyxl(path, by_parser):
    with Workbook(path) as book:
        names = [sheet.name for sheet in book.sheets]
    for name in names:
        ours, theirs = cells_of(path, name), told(path, name)

        assert ours == by_parser(path, name)
        assert agree(ours, theirs)
        assert {ours[place][0][:10] for place in theirs.unsure} <= {"1900-02-28", "1900-02-29"}


@pytest.mark.parametrize("from_1904", [False, True])
def test_every_number_format_reads_the_same_by_the_parser(tmp_path, from_1904, by_parser):
    codes = [*range(60), *CUSTOM]
    path = write_workbook(
        tmp_path / "book.xlsx",
        [[(number, code) for code in codes] for number in NUMBERS],
        {"date_1904": from_1904},
    )

    assert cells_of(path) == by_parser(path)


@pytest.mark.parametrize(
    ("from_1904", "no_dates"), [(False, NO_DATES_SINCE_1900), (True, NO_DATES)]
)
def test_every_number_format_reads_the_same_by_openpyxl(tmp_path, from_1904, no_dates):
    codes = [number for number in range(60) if number not in EAST_ASIAN] + CUSTOM
    path = write_workbook(
        tmp_path / "book.xlsx",
        [[(number, code) for code in codes] for number in NUMBERS],
        {"date_1904": from_1904},
    )

    ours, theirs = cells_of(path), told(path)

    assert agree(ours, theirs)
    unsure = {(NUMBERS[row - 1], code) for (row, _), code in theirs.unsure.items()}
    assert {number for number, code in unsure if code != "0#\\ ##\\ ##"} == no_dates


@pytest.mark.usefixtures("no_parser")
def test_what_libraries_write_needs_no_parser(tmp_path):
    values = ["text", " padded ", "a & b\n<c>", 5, 1.5, True, date(2023, 12, 31), "=1+1"]
    path = write_workbook(tmp_path / "one.xlsx", [values] * 3)
    book = openpyxl.Workbook()
    for _ in range(3):
        book.active.append(values)
    book.save(tmp_path / "two.xlsx")

    assert len(cells_of(path)) == 24
    assert len(cells_of(tmp_path / "two.xlsx")) == 21  # a formula without a result is blank


def test_values_are_those_that_openpyxl_finds(tmp_path):
    values = [
        ["name", "é <&> “日本”", " padded ", "line\nbreak", "00501", "😀"],
        [0, 17, -4, 123456789012345, 0.25, -1234.5],
        [True, False, None, "TRUE", "#N/A", ""],
        [
            (date(2023, 12, 31), "dd/mm/yyyy"),
            (datetime.fromisoformat("2024-02-29 23:59:58"), "dd/mm/yyyy hh:mm:ss"),
            (time(8, 30), "hh:mm"),
            (timedelta(hours=36, seconds=1), "[h]:mm:ss"),
        ],
    ]
    path = write_workbook(tmp_path / "book.xlsx", values * 20)

    assert cells_of(path) == told(path).cells


# Sheets made up by Hypothesis

_CHARACTERS = st.characters(
    codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"
)
_TEXTS = st.text(_CHARACTERS | st.sampled_from("&<>\"'\n\t _x0D"), min_size=1, max_size=12) | (
    st.sampled_from(["_x000D_", "_x005F_x000D_", "_xD83D__xDE00_", "a\r\nb", "]]&gt;", "x" * 40])
)
_WRITTEN_NUMBERS = (
    st.integers().map(str)
    | st.floats().map(repr)
    | st.sampled_from(["007", "1.50", "1E5", "-0", " 5 ", "+3", "1_0", "none", "0.0", "9" * 16])
)
_USUAL_NUMBERS = (
    st.integers(-(10**20), 10**20).map(str)
    | st.floats(allow_nan=False, allow_infinity=False).map(repr)
    | st.sampled_from(["1.50", "1E5", "-0", "0.0", "9" * 16])
)
_STYLES = ["", "", ' s="0"', ' s="1"', ' s="2"', ' s="3"']
_FORMULAS = ["", "", "<f>A1&amp;B1</f>", '<f t="shared" si="0"/>', "<f/>"]
_BLANKS = ["<v/>", "<v />", "<v></v>", "", None, "<is><t/></is>", "<is/>"]
_RARITIES = [
    "<!-- note --><v>1</v>",
    "<v><![CDATA[5]]></v>",
    "<v>&#49;</v>",
    "<is><r><t>a</t></r><r><t>b</t></r></is>",
    "<is><t>東京</t><rPh><t>トウキョウ</t></rPh></is>",
]


class _Manner(NamedTuple):
    """How a sheet is written."""

    texts: st.SearchStrategy[str]
    numbers: st.SearchStrategy[str]
    styles: list[str]
    rare: bool = False  # with things rarely seen


# openpyxl leaves "_x000D_" as it is, and fails on a style that is none and a number that is none.
_USUAL = _Manner(_TEXTS.filter(lambda text: "_x" not in text), _USUAL_NUMBERS, _STYLES)
_ODD = _Manner(_TEXTS, _WRITTEN_NUMBERS, [*_STYLES, ' s="99"'])
_RARE = _ODD._replace(rare=True)


@st.composite
def _cell(draw, column: str, row: int, shared: list[str], manner: _Manner) -> str:
    """A cell in one of the many ways that it may be written."""
    quote = draw(st.sampled_from("'\"")) if manner.rare else '"'
    kind, content = draw(st.one_of(*_contents(shared, manner)))
    more = draw(st.sampled_from(["", "", ' cm="1"']))
    attributes = draw(st.permutations([draw(st.sampled_from(manner.styles)), kind, more]))
    tag = f"<c r={quote}{column}{row}{quote}{''.join(attributes)}"
    if content is None:
        return f"{tag}/>"
    formula = "" if "<is" in content else draw(st.sampled_from(_FORMULAS))
    return f"{tag}>{formula}{content}</c>"


def _contents(shared: list[str], manner: _Manner):
    """For each kind of cell the attribute that names it and what may stand inside."""
    value = "<v>{}</v>".format
    spaced = st.sampled_from(["", ' xml:space="preserve"'])
    yield st.tuples(st.sampled_from(["", ' t="n"']), manner.numbers.map(value))
    yield st.tuples(st.just(' t="s"'), st.integers(0, len(shared) - 1).map(value))
    yield st.tuples(st.just(' t="str"'), st.builds(_element, st.just("v"), spaced, manner.texts))
    inline = st.builds(_element, st.just("t"), spaced, manner.texts)
    yield st.tuples(st.just(' t="inlineStr"'), inline.map("<is>{}</is>".format))
    yield st.tuples(st.just(' t="b"'), st.sampled_from(["0", "1"]).map(value))
    yield st.tuples(st.just(' t="e"'), st.sampled_from(["#N/A", "#DIV/0!"]).map(value))
    yield st.tuples(st.just(' t="d"'), st.just("2024-02-29T10:00:00Z").map(value))
    yield st.tuples(st.sampled_from(["", ' t="str"']), st.sampled_from(_BLANKS))
    if manner.rare:
        yield st.tuples(st.sampled_from(["", ' t="str"']), st.sampled_from(_RARITIES))


def _element(name: str, attributes: str, text: str) -> str:
    return f"<{name}{attributes}>{escape(text, quote=False)}</{name}>"


@st.composite
def _sheets(draw, *manners: _Manner) -> tuple[str, str]:
    """The XML of a sheet and of its shared strings."""
    manner = draw(st.sampled_from(manners))
    shared = draw(st.lists(manner.texts, min_size=1, max_size=4))
    rows = []
    for row in sorted(draw(st.sets(st.integers(1, 1200), max_size=6))):
        columns = [column for column in ("A", "B", "Z", "AA", "ABC") if draw(st.booleans())]
        cells = "".join(draw(_cell(column, row, shared, manner)) for column in columns)
        height = draw(st.sampled_from(["", ' ht="20"']))
        attributes = f'{height} r="{row}"' if manner.rare else f' r="{row}"{height}'
        rows.append(f"<row{attributes}>{cells}</row>" if cells else f"<row{attributes}/>")
    gap = draw(st.sampled_from(["", "", "\n  ", "\r\n"]))
    texts = "".join(f"<si>{_element('t', '', text)}</si>{gap}" for text in shared)
    return sheet_xml(gap + gap.join(rows)), strings_xml(texts)


_any = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@given(parts=_sheets(_ODD, _RARE))
@_any
def test_any_sheet_reads_the_same_by_the_parser(parts, styled, tmp_path, by_parser):
    sheet, texts = parts
    path = write_raw(tmp_path / "raw.xlsx", {SHEET_PART: sheet, STRINGS_PART: texts}, of=styled)

    assert cells_of(path) == by_parser(path)


@given(parts=_sheets(_USUAL))
@_any
def test_any_sheet_reads_the_same_by_openpyxl(parts, styled, tmp_path):
    sheet, texts = parts
    path = write_raw(tmp_path / "raw.xlsx", {SHEET_PART: sheet, STRINGS_PART: texts}, of=styled)

    assert agree(cells_of(path), told(path))


@pytest.fixture
def styled(tmp_path):
    """A workbook with a few styles: a date, a percentage and a padded number."""
    codes = [("text", code) for code in ("dd/mm/yyyy", "0%", "00000")]
    return write_workbook(tmp_path / "styled.xlsx", [codes])


def test_an_odd_piece_leaves_the_others_to_the_quick_way(monkeypatch, tmp_path, styled):
    monkeypatch.setattr(inflate, "_INFLATED", 200)
    monkeypatch.setattr(workbook, "_FIRST_PIECE", 200)
    monkeypatch.setattr(workbook, "_PIECE", 200)
    taken = []
    monkeypatch.setattr(
        workbook,
        "parsed_cells",
        lambda cells, *rest: taken.extend(cells) or seen.parsed_cells(cells, *rest),
    )
    rows = [f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(1, 400)]
    rows[200] = '<row r="201"><c r="A201"><!-- odd --><v>201</v></c></row>'
    path = write_raw(tmp_path / "raw.xlsx", {SHEET_PART: sheet_xml("".join(rows))}, of=styled)

    cells = cells_of(path)

    assert cells == {(n, 1): (str(n), CellKind.NUMBER) for n in range(1, 400)}
    assert 201 in {cell.row for cell in taken}
    assert len(taken) < 20
