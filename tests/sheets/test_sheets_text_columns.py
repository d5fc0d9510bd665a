"""Many records parsed at once are what Python's own reader makes of them one by one."""

import csv
from contextlib import suppress
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.sheets.table import UnreadableFile
from importer.sheets.text import columns, delimiter, encoding
from importer.sheets.text.document import TextDocument

FILES = Path(__file__).parent / "files"
TEXT = sorted(FILES.rglob("*.csv"))
PIECES = [
    *("a", "b,c", '"', '""', "\n", "\r\n", "\r", ",", '"x"', '"x, ""y"""', '"q\n\r\nr"', " ", "é"),
    *(
        "\ufeff",
        "x^2",
        "x\x01",
        "1,2,3\n",
        '1,"2",3\r\n',
        ",\n",
        ",,\n",
        '5" pipe',
        "\x0b",
        "\u2028",
    ),
]


@st.composite
def damaged(draw):
    """A published file with some bytes changed."""
    content = bytearray(draw(st.sampled_from(TEXT)).read_bytes()[:2_000])
    for place in draw(st.lists(st.integers(0, len(content) - 1), max_size=5)):
        content[place] = draw(st.sampled_from(b'\x00"\r\n,;\\\xff\xc3'))
    return bytes(content)


def by_hand(text):
    """Numbers and cells of the records that hold anything, and whether the last one is closed."""
    marked = text + ("" if text.endswith(("\r", "\n")) or not text else "\n") + "the end"
    *found, last = csv.reader(StringIO(marked, newline=""))
    filled = [(number, cells) for number, cells in enumerate(found, start=1) if any(cells)]
    return filled, last == ["the end"]


def texts(cells):
    return [cell or "" for cell in cells]


def at_once(path, size, codec="utf-8", mark=","):
    return [
        (number, [*texts(cells[:width]), *filter(None, cells[width:])])
        for block in TextDocument(path, codec, mark).blocks(at_once=size)
        for number, cells, width in zip(
            block.numbers, block.cells.iter_rows(), block.widths, strict=True
        )
        if any(cells)
    ]


@settings(max_examples=150, deadline=None)
@given(parts=st.lists(st.sampled_from(PIECES), max_size=40), size=st.integers(1, 90))
def test_any_file_is_read_as_python_reads_it(tmp_path_factory, parts, size):
    text = "".join(parts)
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    expected, closed = by_hand(text)

    if closed:
        assert at_once(path, size) == expected
    else:
        with pytest.raises(UnreadableFile, match="a quotation mark"):
            at_once(path, size)


@settings(max_examples=80, deadline=None)
@given(
    rows=st.lists(
        st.lists(
            st.sampled_from(["", "a", "é", 'say "hi"', "1,5", "x\ny", "\r\n", " "]), max_size=5
        ),
        min_size=1,
        max_size=30,
    ),
    line_end=st.sampled_from(["\n", "\r\n"]),
    width=st.integers(1, 6),
)
def test_records_that_are_well_formed_are_never_read_one_by_one(rows, line_end, width):
    target = StringIO(newline="")
    csv.writer(target, lineterminator=line_end).writerows(rows)

    piece = columns.cut(target.getvalue().encode(), ",")
    found = columns.parse(piece, width)

    cells = [texts(row[:w]) for row, w in zip(found.cells.rows(), found.widths, strict=True)]
    assert [row for row in cells if any(row)] == [row for row in rows if any(row)]
    assert len(cells) == len(rows)


@pytest.mark.parametrize(
    "text",
    [
        'a,5" pipe\n',  # a mark amid a cell
        'a,"b"c\n',
        ' "a",b\n',
        "a\rb,c\n",  # a lone carriage return
        'a\r"b\nc"\n',
        "a,b",  # not even one whole record
        'a,"b\n',
        "",
    ],
)
def test_records_that_are_ill_formed_are_left_alone(text):
    piece = columns.cut(text.encode(), ",")

    assert piece is None or columns.parse(piece, 2) is None


def test_letters_that_are_not_utf8_are_left_alone():
    assert columns.parse(columns.cut("a,ë\n".encode("cp1252"), ","), 2) is None
    assert columns.parse(columns.cut('a,"ë"\n'.encode("cp1252"), ","), 2) is None


def test_a_piece_ends_with_its_last_whole_record():
    assert columns.cut(b'a,b\nc,"d\ne"\nf,"g\nh', ",").text == b'a,b\nc,"d\ne"\n'
    assert columns.cut(b'a,b\nc,"d\ne', ",").text == b"a,b\n"


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("x^2,b\n1,2\n", 2),  # the first bytes look compressed
        ("\ufeffa,b\n1,2\n", 2),
        ("a,b\n1,2,3\n", 2),  # polars refuses more cells than it was told of
        ("a,b,c\n1\n", 3),  # and fills up fewer
        ("a\n\n\nb\n", 1),
        ("\n\na,b\n", 2),
        ('"",b\r\n"\r\n",\r\n', 2),
    ],
)
def test_what_polars_takes_in_its_own_way_is_read_as_python_reads_it(text, width):
    found = columns.parse(columns.cut(text.encode(), ","), width)

    cells = [texts(row[:w]) for row, w in zip(found.cells.rows(), found.widths, strict=True)]
    expected, _ = by_hand(text)
    assert [(n, row) for n, row in enumerate(cells, start=1) if any(row)] == expected


@pytest.mark.parametrize("path", TEXT, ids=lambda path: path.name)
def test_a_published_file_is_read_as_python_reads_it(path):
    codec = encoding.detect(path).codec
    mark = delimiter.detect(path, codec).delimiter
    text = path.read_bytes().decode(codec).removeprefix("\ufeff")
    expected = [
        (number, cells)
        for number, cells in enumerate(
            csv.reader(StringIO(text, newline=""), delimiter=mark), start=1
        )
        if any(cells) and "sep=" not in cells
    ]

    for size in (600, 8 * 1024**2):
        assert at_once(path, size, codec, mark) == expected


@settings(max_examples=300, deadline=None)
@given(content=st.binary(max_size=200) | damaged())
def test_no_file_breaks_the_reading(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "broken.csv"
    path.write_bytes(content)

    with suppress(UnreadableFile):
        codec = encoding.detect(path).codec
        divider = delimiter.detect(path, codec).delimiter
        document = TextDocument(path, codec, divider, delimiter.escape(path, codec, divider))
        for size in (10, 8 * 1024**2):
            assert all(len(block.numbers) for block in document.blocks(at_once=size))
