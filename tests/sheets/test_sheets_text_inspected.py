"""Text files from the bytes to the table."""

import pytest

from importer.sheets import Choice, Format, Reading, UnreadableFile, head, inspect, stage


@pytest.fixture
def written(tmp_path):
    def write(content, encoding="utf-8"):
        path = tmp_path / "file.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


def test_inspect_proposes_how_to_read_a_text_file(written):
    inspection = inspect(written('Imię;Uwagi\nŁukasz;"mówi \\"tak; nie\\" i"\n', "cp1250"))

    assert inspection.reading == Reading(
        Format.CSV, header_row=1, encoding="cp1250", delimiter=";", escape="\\"
    )
    assert set(inspection.reasons) == {"format", "encoding", "delimiter", "header_row"}
    assert inspection.encodings[0].sample.startswith("Imię")
    assert inspection.preview[1].cells == ("Łukasz", 'mówi "tak; nie" i')


def test_inspect_reads_the_way_a_person_chose(written):
    path = written("name;note\nJürgen;a,b\n", "mac_roman")

    inspection = inspect(path, Choice(encoding="mac_roman", delimiter=","))

    assert [row.cells for row in inspection.preview] == [("name;note", ""), ("Jürgen;a", "b")]
    assert "mac_roman" in {other.encoding for other in inspection.encodings}


def test_inspect_minds_what_is_escaped_under_the_delimiter_that_a_person_chose(written):
    path = written('sep=;\nname,note\nx,"He said \\"hi, you\\" twice"\n')

    inspection = inspect(path, Choice(delimiter=","))

    assert inspection.preview[-1].cells == ("x", 'He said "hi, you" twice')


def test_stage_keeps_every_record_under_its_number(written, tmp_path):
    path = written('name,size\n\nPipe,5" wide\n"Rod\nlong",3\n\n\n')
    reading = inspect(path).reading

    table = stage(path, reading, tmp_path / "t.parquet")

    assert head(tmp_path / "t.parquet", 9).rows() == [(3, "Pipe", '5" wide'), (4, "Rod\nlong", "3")]
    assert table.rows == 2


def test_stage_tells_of_records_of_another_length(written, tmp_path):
    path = written("a,b\n1,2\n3\n4,5,6\n" + "7,8\n" * 1_000 + "9\n")

    table = stage(path, inspect(path).reading, tmp_path / "t.parquet")

    assert any("more cells" in warning and "4" in warning for warning in table.warnings)
    assert any("fewer cells" in warning and "3, 1,005" in warning for warning in table.warnings)


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
        (b",,,\n,,,\n", "no data"),
    ],
)
def test_inspect_says_what_an_unreadable_file_is(written, content, words):
    with pytest.raises(UnreadableFile, match=words):
        inspect(written(content))


def test_inspect_shows_the_beginning_of_a_long_cell(written):
    inspection = inspect(written("name,note\nAnn," + "x" * 30_000 + "\n"))

    assert inspection.preview[1].cells == ("Ann", "x" * 499 + "…")
