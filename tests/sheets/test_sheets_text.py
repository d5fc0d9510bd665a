"""Text files as records: their numbers, quotes, line ends and letters."""

import pytest

from importer.sheets.block import ROWS_PER_BLOCK
from importer.sheets.table import UnreadableFile
from importer.sheets.text.document import TextDocument


@pytest.fixture
def written(tmp_path):
    def write(content, encoding="utf-8"):
        path = tmp_path / "file.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


def records(path, encoding="utf-8", delimiter=",", escape=None, at_once=None):
    """Row numbers and cells, as many cells as the record has."""
    options = {} if at_once is None else {"at_once": at_once}
    document = TextDocument(path, encoding, delimiter, escape)
    return [
        (number, list(cells[:width]))
        for block in document.blocks(None, **options)
        for number, cells, width in zip(
            block.numbers, block.cells.iter_rows(), block.widths, strict=True
        )
        if any(cells)
    ]


@pytest.mark.parametrize("at_once", [1, 8 * 1024**2])
def test_records_are_numbered_with_blank_ones_counted(written, at_once):
    path = written('name,note\n\nAnn,"two\nlines"\n,\n\r\nBob,x\n\n\n')

    assert records(path, at_once=at_once) == [
        (1, ["name", "note"]),
        (3, ["Ann", "two\nlines"]),
        (6, ["Bob", "x"]),
    ]


@pytest.mark.parametrize("at_once", [1, 8 * 1024**2])
@pytest.mark.parametrize(
    "content",
    ["a,b\r1,2\r3,4", "a,b\n1,2\n3,4", "a,b\r\n1,2\r\n3,4\r\n", "a,b\r1,2\n3,4\r\n"],
)
def test_any_line_end_divides_records(written, content, at_once):
    assert records(written(content), at_once=at_once) == [
        (1, ["a", "b"]),
        (2, ["1", "2"]),
        (3, ["3", "4"]),
    ]


def test_a_line_that_names_the_delimiter_is_counted_but_no_record(written):
    assert records(written("sep=;\na;b\n"), delimiter=";") == [(2, ["a", "b"])]
    assert records(written("sep=;\na,b\n"), delimiter=",") == [(2, ["a", "b"])]
    assert records(written("sep=\t\na\tb\n"), delimiter="\t") == [(2, ["a", "b"])]


@pytest.mark.parametrize("at_once", [1, 8 * 1024**2])
def test_quotation_marks_amid_a_cell_are_letters(written, at_once):
    path = written('size,note\n5" pipe,"6"" pipe"\n7" "x", "y"\n"a"b,"c" d\n', "utf-8")

    assert records(path, at_once=at_once) == [
        (1, ["size", "note"]),
        (2, ['5" pipe', '6" pipe']),
        (3, ['7" "x"', ' "y"']),
        (4, ["ab", "c d"]),
    ]


def test_an_escape_precedes_a_quotation_mark_or_itself_and_is_a_letter_elsewhere(written):
    path = written('a,b\n"say \\"hi, you\\"","C:\\\\"\nC:\\temp\\,"\\d"\n1,2\n')

    assert records(path, escape="\\", at_once=1) == [
        (1, ["a", "b"]),
        (2, ['say "hi, you"', "C:\\"]),
        (3, ["C:\\temp\\", "\\d"]),
        (4, ["1", "2"]),
    ]


def test_records_of_any_length_keep_their_cells_and_tell_how_many_they_have(written):
    path = written("a,b\n1\n1,2,3\n\n1,2\n,,,\n" + "1,2\n" * 40)

    found = records(path, at_once=20)

    assert found[:4] == [(1, ["a", "b"]), (2, ["1"]), (3, ["1", "2", "3"]), (5, ["1", "2"])]
    assert found[4:] == [(number, ["1", "2"]) for number in range(7, 47)]


def test_a_byte_order_mark_is_no_letter_and_a_later_one_is(written):
    path = written("\ufeffname,b\n\ufeffx,2\n")

    assert records(path, at_once=1) == [(1, ["name", "b"]), (2, ["\ufeffx", "2"])]


def test_nul_characters_vanish(written):
    assert records(written(b"na\x00me,b\nx,\x00\n\x00y,2\n\x00\x00\n"), at_once=1) == [
        (1, ["name", "b"]),
        (2, ["x", ""]),
        (3, ["y", "2"]),
    ]


@pytest.mark.parametrize("at_once", [1, 5, 8 * 1024**2])
@pytest.mark.parametrize(
    ("encoding", "word"),
    [
        ("utf-16", "Zoë"),
        ("utf-16-be", "山田"),
        ("utf-32", "𝒳"),
        ("cp1252", "Zoë"),
        ("shift_jis", "山田ソ"),
        ("gb18030", "山€"),
        ("utf_8_with_cp1252", "Zoë"),
    ],
)
def test_every_encoding_gives_the_same_records(written, encoding, word, at_once):
    path = written(f'name,note\n{word},"a\n{word}"\nx,{word}\n', encoding)

    assert records(path, encoding, at_once=at_once) == [
        (1, ["name", "note"]),
        (2, [word, f"a\n{word}"]),
        (3, ["x", word]),
    ]


def test_a_mixture_of_encodings_is_read_letter_by_letter(written):
    path = written("name\nZoë\n".encode() + "André\n".encode("cp1252") + "Łódź\n".encode())

    found = records(path, "utf_8_with_cp1252", at_once=3)

    assert [cells for _, cells in found] == [["name"], ["Zoë"], ["André"], ["Łódź"]]


@pytest.mark.parametrize("at_once", [1, 8 * 1024**2])
@pytest.mark.parametrize(
    ("content", "encoding", "words"),
    [
        ('name,note\nAnn,"open\nBob,x\nEve,y\n', "utf-8", "In row 2 a quotation mark"),
        ('a,b\n1,"x"\n3,"', "utf-8", "In row 3 a quotation mark"),
        (b"name\n\nZo\xeb\nx\n", "utf-8", "Row 3 holds letters that cannot be read as UTF-8"),
        (b"name,b\nx,Zo\xc3", "utf-8", "Row 2 holds"),
        (b"name\nx\n\x81,\n", "cp1252", "Row 3 .* as Western European"),
        (b"name\nx\n\x93\xfa\x93\n", "shift_jis", "Row 3 .* as Japanese"),
        (b"a\x00\n\x00b\x00\n\x00\x00\xd8c\x00", "utf-16-le", "Row 3 .* as UTF-16-LE"),
        ("a\n", "klingon", "no encoding called klingon"),
        ("a," * 16_384 + "b\n", "utf-8", "Row 1 has more than 16,384 cells"),
        ("a\nb\n" + "a," * 16_384 + "b\n", "utf-8", "Row 3 has more than 16,384 cells"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_row(written, content, encoding, words, at_once):
    with pytest.raises(UnreadableFile, match=words):
        records(written(content, "utf-8"), encoding, at_once=at_once)


def test_a_long_cell_is_read_and_an_endless_one_is_not(written):
    long = "x" * 200_000 + "\n"

    assert records(written(f'a\n"{long * 5}"\n')) == [(1, ["a"]), (2, [long * 5])]
    with pytest.raises(UnreadableFile, match="In row 2 a quotation mark"):
        records(written(f'a\n"{long * 90}"\n'))
    with pytest.raises(UnreadableFile, match="line too long"):
        records(written("a\n" + "x" * 17 * 1024**2))


def test_the_first_block_is_small_and_none_is_too_large(written):
    path = written("a,b\n" + "1,2\n" * 60_000 + '3,"4\n' + "x\n" * 30_000 + '"\n')

    sizes = [len(block.numbers) for block in TextDocument(path, "utf-8", ",").blocks()]

    assert sizes[0] == 500
    assert max(sizes) <= ROWS_PER_BLOCK
    assert sum(sizes) == 60_002


def test_a_single_wide_record_widens_few_others(written):
    path = written("a\n" + "1\n" * 100_000 + "1," * 16_000 + "\n" + "1\n" * 100_000)

    shapes = [block.cells.shape for block in TextDocument(path, "utf-8", ",").blocks()]

    assert sum(rows for rows, _ in shapes) == 200_002
    assert max(columns for _, columns in shapes) == 16_001
    assert max(rows * columns for rows, columns in shapes) < 8_000_000
