"""What divides the records of a text file into cells."""

import pytest

from importer.sheets.text import delimiter


@pytest.fixture
def written(tmp_path):
    def write(content, encoding="utf-8"):
        path = tmp_path / "file.csv"
        path.write_bytes(content.encode(encoding))
        return path, encoding

    return write


@pytest.fixture
def divided(written):
    return lambda *content: delimiter.detect(*written(*content))


@pytest.mark.parametrize(
    ("content", "mark"),
    [
        ("name,note\nAnn,a;b;c\nBob,d;e;f\n", ","),
        ("name;price\nAnn;1,50\nBob;2,75\nEve;3,00\n", ";"),
        ("1,50;2,75;3,10\n1,20;2,25;3,30\n", ";"),
        ("Betrag;Datum\n1.234,56;01.02.2024\n99,00;02.03.2024\n", ";"),
        ("Smith, John;Paris\nDoe, Jane;Rome\n", ";"),
        ("name\tnote\nAnn\ta, b, c\nBob\td\n", "\t"),
        ("lat\tlon\n50,1\t8,2\n51,3\t9,4\n", "\t"),
        ("name|note\nAnn|a, b\nBob|c, d, e\n", "|"),
        ('name,note\n"Ann; Bob",x\n"Eve; Joe",y\n', ","),
        ('"a";"b, c"\n"d";"e, f"\n', ";"),
        ('id,json\n1,"{""a"":1;2}"\n2,"{""a"":1;3}"\n', ","),
        ("PK;name\n1;Ann, Bob\n2;Eve\n", ";"),
        ("date;time;x\n2024-01-01;10:11:12;a|b\n2024-01-02;10:11:12;c|d\n", ";"),
        ("name, age, town\nAnn, 3, Rome\nBob, 4, Paris\n", ","),
        ("measured\n1, 2, 3\n4, 5, 6\n", ","),
        ("Report 2024, all regions\n\nName;Town;Sum\nAnn;Rome;1,5\nTotal;;1,5\n", ";"),
        ("# made, by, hand\nName;Town\nAnn;Rome\nBob;Paris\n", ";"),
        ('name,note\nAnn,"Dear all;\nthis; is; long\nand; so; on"\nBob,x\n', ","),
        ("a,b,c\n", ","),
        ("sep=|\nname|a,b\nAnn|c,d\n", "|"),
        ("SEP=\t\nname\ta,b\n", "\t"),
        ('"sep=^"\nname^a,b\n', "^"),
        ("a^b^c\n1^2,5^3\nx^y^z\n", "^"),
        ("a~b\n1~2\n", "~"),
        ("root:x:0:0\nbin:y:1:1\n", ":"),
        ("x\x01y\n1\x012\n", "\x01"),
    ],
)
def test_detect_finds_the_delimiter(divided, content, mark):
    assert divided(content).delimiter == mark
    assert divided(content, "utf-16").delimiter == mark


@pytest.mark.parametrize(
    "content",
    [
        "e-mail\nann@example.com\nbob@example.com\n",
        "price\n1,50\n2,75\n",
        "name\nSmith, John\nDoe, Jane\n",
        "address\n12 High St, York, UK\nFlat #2, 3 Low Rd, Bath, UK\nHull, UK\n",
        "time\n10:11:12\n09:08:07\n",
        "https://a.example/b\nhttps://c.example/d\n",
        "one\n",
        "",
    ],
)
def test_detect_leaves_a_single_column_whole(divided, content):
    division = divided(content)

    assert division.delimiter not in content
    assert "each row is one cell" in division.reason


def test_detect_tells_how_many_rows_the_delimiter_divides(divided):
    assert divided("a;b\n1;2\n\nsum\n").reason == (
        "Semicolons divide 2 of 3 rows looked at into 2 columns each."
    )


def test_detect_looks_further_down_than_a_long_preamble(divided):
    preamble = "".join(f"Note {number}, which says nothing\n" for number in range(12_000))
    table = "".join(f'{number};"x\ny";z\n' for number in range(60_000))

    assert divided(preamble + table).delimiter == ";"


@pytest.mark.parametrize(
    ("content", "escape"),
    [
        ('name,note\n"x","He said \\"hi, you\\" twice"\n"y","b"\n', "\\"),
        ('name,note\nx,"a ""b"" \\"c\\" d"\n', "\\"),
        ('name,note\n"x","He said ""hi"""\n', None),
        ('path,note\n"C:\\temp\\","b"\n"D:\\","c"\n', None),
        ('size,note\n5\\" pipe,x\n', None),
    ],
)
def test_escape_tells_escaped_quotation_marks_from_doubled_ones(written, content, escape):
    far_down = "a,b\n" * 100_000

    assert delimiter.escape(*written(content), ",") == escape
    assert delimiter.escape(*written(far_down + content), ",") == escape
    assert delimiter.escape(*written(far_down + content, "utf-16-be"), ",") == escape


@pytest.mark.parametrize("unit", ["a@", "1 ", '"', ',"', '\\"', "10:11", "A, ", "sep="])
def test_detect_is_quick_with_a_line_made_to_hold_it_up(divided, unit):
    line = unit * 100_000

    assert divided(f"{line};{line}\n{line},{line}").reason
