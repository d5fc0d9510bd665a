"""Text files: encoding, delimiter, quotes, and the numbers of rows."""

import pytest

from importer.sheets import Reading, UnreadableFile, inspect, preview, stage

CSV = Reading("csv", header_row=1, encoding="utf-8", delimiter=",")


@pytest.fixture
def written(tmp_path):
    def write(content, encoding="utf-8"):
        path = tmp_path / "file.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Name;Ville\nZoé;Besançon\nFrançois;Orléans\n", "cp1252"),
        ("Imię;Miasto\nŁukasz;Łódź\nŻaneta Dąbrowska;Kraków\n", "cp1250"),
        ("Имя;Город\nИван;Москва\nМария;Новосибирск\n", "cp1251"),
        ("Όνομα;Πόλη\nΓιώργος;Αθήνα\nΜαρία;Πάτρα\n", "cp1253"),
        ("名前;会社\n山田太郎;株式会社テスト\n鈴木花子;東京商事\n", "shift_jis"),
        ("Name;Town\nZoë;Århus\n", "utf-8"),
        ("Name;Town\nZoë;Århus\n", "utf-16"),
    ],
)
def test_inspect_finds_the_encoding(written, text, encoding):
    inspection = inspect(written(text, encoding))

    assert inspection.reading.encoding == encoding
    assert inspection.reasons["encoding"]
    assert inspection.preview[1].cells[0] == text.splitlines()[1].split(";")[0]


def test_inspect_believes_a_letter_late_in_the_file(written):
    plain = "name,town\n" + "Ann,London\n" * 200_000

    assert inspect(written(plain + "Zoë,Århus\n")).reading.encoding == "utf-8"
    assert inspect(written(plain + "Zoë,Århus\n", "cp1252")).reading.encoding == "cp1252"


@pytest.mark.parametrize(
    ("content", "delimiter"),
    [
        ("name,note\nAnn,a;b;c\nBob,d;e;f\n", ","),
        ("name;price\nAnn;1,50\nBob;2,75\nEve;3,00\n", ";"),
        ("name\tnote\nAnn\ta, b, c\nBob\td\n", "\t"),
        ("name|note\nAnn|a, b\nBob|c, d, e\n", "|"),
        ('name,note\n"Ann; Bob",x\n"Eve; Joe",y\n', ","),
        ("e-mail\nann@example.com\nbob@example.com\n", ","),
        ("PK;name\n1;Ann, Bob\n2;Eve\n", ";"),
        ("sep=|\nname|a,b\nAnn|c,d\n", "|"),
    ],
)
def test_inspect_finds_the_delimiter(written, content, delimiter):
    assert inspect(written(content)).reading.delimiter == delimiter


def test_rows_are_numbered_as_records_with_blank_ones_counted(written):
    path = written('name,note\n\nAnn,"two\nlines"\n , \nBob,x\n')

    assert [(row.row, row.cells) for row in preview(path, CSV)] == [
        (1, ("name", "note")),
        (3, ("Ann", "two\nlines")),
        (5, ("Bob", "x")),
    ]


def test_stage_refuses_a_quote_that_is_never_closed(written, tmp_path):
    path = written('name,note\nAnn,"open\nBob,x\nEve,y\n')

    with pytest.raises(UnreadableFile, match="row 2 a quotation mark"):
        stage(path, CSV, tmp_path / "t.parquet")


def test_stage_keeps_a_quote_inside_a_cell(written, tmp_path):
    staged = stage(written('name,size\nPipe,5" wide\nRod,3\n'), CSV, tmp_path / "t.parquet")

    assert staged.columns[1].samples == ('5" wide', "3")


def test_stage_refuses_letters_that_the_chosen_encoding_lacks(written, tmp_path):
    path = written("name\nZoë\n", "cp1252")

    with pytest.raises(UnreadableFile, match="cannot be read as utf-8"):
        stage(path, CSV, tmp_path / "t.parquet")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\r\n  \r\n", "empty"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "picture"),
        (b"\x00\x01\x02\x03binary", "not a spreadsheet"),
        (b"\xef\xbb\xbfname\x00,town\n", "not a spreadsheet"),
        (b"<html><table><tr><td>a</td></tr></table></html>", "web page"),
        (b"PK\x03\x04 cut short", "damaged"),
        (b",,,\n,,,\n", "no data"),
    ],
)
def test_inspect_says_what_an_unreadable_file_is(written, content, words):
    with pytest.raises(UnreadableFile, match=words):
        inspect(written(content))
