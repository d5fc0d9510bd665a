"""What kind of file it is, by its content; what is no spreadsheet is told by name."""

import io
import sqlite3
import zipfile

import olefile
import polars as pl
import pytest

from importer.sheets import Format, UnreadableFile, inspect
from importer.sheets.formats import kind_of
from tests.sheets.workbooks import write_workbook


def zipped(*names: str, content: str = "") -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name in names:
            archive.writestr(name, content)
    return whole.getvalue()


def compound(*streams: str) -> bytes:
    """One of Microsoft's old containers, with empty streams of those names: [MS-CFB]."""
    names = ["Root Entry", *streams]
    entries = b"".join(_entry(place, name, len(names)) for place, name in enumerate(names))
    directory = entries.ljust(4 * 512, b"\x00")
    header = olefile.MAGIC + bytes(16)
    header += bytes.fromhex("3e000300feff0900060000000000000000000000")
    numbers = [1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0, *[0xFFFFFFFF] * 108]
    sectors = [0xFFFFFFFD, 2, 3, 4, 0xFFFFFFFE, *[0xFFFFFFFF] * 123]
    return (header + _words(*numbers)).ljust(512, b"\xff")[:512] + _words(*sectors) + directory


def _words(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(4, "little") for number in numbers)


def _entry(place: int, name: str, count: int) -> bytes:
    """A chain to the right below the root; no names in order, which no reader minds here."""
    raw = (name + "\0").encode("utf-16-le")
    after = place + 1 if 0 < place < count - 1 else 0xFFFFFFFF
    child = 1 if place == 0 and count > 1 else 0xFFFFFFFF
    kind = b"\x05\x01" if place == 0 else b"\x02\x01"
    head = raw.ljust(64, b"\0") + len(raw).to_bytes(2, "little") + kind
    return (head + _words(0xFFFFFFFF, after, child)).ljust(116, b"\0") + _words(0xFFFFFFFE, 0, 0)


def parquet() -> bytes:
    whole = io.BytesIO()
    pl.DataFrame({"a": [1]}).write_parquet(whole)
    return whole.getvalue()


def arrow() -> bytes:
    whole = io.BytesIO()
    pl.DataFrame({"a": [1]}).write_ipc(whole)
    return whole.getvalue()


SQLITE = sqlite3.connect(":memory:")
SQLITE.execute("create table a (b)")
XML_2003 = (
    '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n'
    '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"></Workbook>'
)
HTML = "<table><tr><td>name</td></tr></table>"
MANIFEST = '<manifest:file-entry><manifest:encryption-data manifest:checksum="x"/>'

NO_SPREADSHEETS = {
    "nothing": (b"", "This file is empty"),
    "blanks": (b" \r\n\t\r\n", "This file is empty"),
    "many blanks": (b" \r\n" * 100_000, "This file holds no data"),
    "NULs": (bytes(5000), "This file is empty"),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "This is a PDF document"),
    "PNG": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "This is a picture (PNG)"),
    "JPEG": (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", "This is a picture (JPEG)"),
    "GIF": (b"GIF89a\x01\x00\x01\x00", "This is a picture (GIF)"),
    "BMP": (b"BM\x46\x00\x00\x00\x00\x00\x00\x00\x36\x00", "This is a picture (BMP)"),
    "TIFF": (b"II*\x00\x08\x00\x00\x00", "This is a picture (TIFF)"),
    "WebP": (b"RIFF\x1a\x00\x00\x00WEBPVP8L", "This is a picture (WebP)"),
    "HEIC": (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "This is a picture, not"),
    "HTML": (HTML.encode(), "This is a web page (HTML)"),
    "HTML of an old export": (f"<!-- x --> \n<META a>{HTML}".encode(), "a web page (HTML)"),
    "HTML with a BOM": (b"\xef\xbb\xbf\r\n<HTML>", "This is a web page (HTML)"),
    "HTML in UTF-16": (HTML.encode("utf-16"), "This is a web page (HTML)"),
    "XHTML": (b'<?xml version="1.0"?><!DOCTYPE html><html>', "This is a web page (HTML)"),
    "MHTML": (b"MIME-Version: 1.0\nContent-Type: multipart/related", "page in one file (MHTML)"),
    "XML Spreadsheet 2003": (XML_2003.encode(), "This is an XML Spreadsheet 2003"),
    "flat OpenDocument": (b'<?xml version="1.0"?>\n<office:document x="">', "flat OpenDocument"),
    "XML": (b'<?xml version="1.0"?><contacts/>', "This is an XML document"),
    "JSON": (b'{"name": "Ann"}', "This is a JSON file"),
    "JSON list": (b'[\n  {"name": "Ann"}]', "This is a JSON file"),
    "vCard": (b"BEGIN:VCARD\r\nVERSION:3.0", "This is a file of contact cards"),
    "RTF": (rb"{\rtf1\ansi", "This is a rich text document"),
    "SQLite": (SQLITE.serialize(), "This is an SQLite database"),
    "Access": (b"\x00\x01\x00\x00Standard ACE DB\x00", "This is a Microsoft Access database"),
    "Parquet": (parquet(), "This is a Parquet file"),
    "Arrow": (arrow(), "This is an Arrow file"),
    "ELF": (b"\x7fELF\x02\x01\x01" + bytes(9), "This is a program"),
    "EXE": (b"MZ\x90\x00\x03\x00\x00\x00", "This is a program"),
    "7-Zip": (b"7z\xbc\xaf\x27\x1c\x00\x04", "This is a 7-Zip archive"),
    "RAR": (b"Rar!\x1a\x07\x01\x00", "This is a RAR archive"),
    "bzip2": (b"BZh91AY&SY\x00\x00", "This is a bzip2 archive"),
    "XZ": (b"\xfd7zXZ\x00\x00\x04", "This is an XZ archive"),
    "noise": (bytes(range(256)) * 40, "This is not a spreadsheet or a text file"),
    "noise without NUL": (bytes(range(1, 256)) * 40, "This is not a spreadsheet"),
    "Excel 4": (b"\x09\x04\x06\x00\x00\x00\x10\x00", "This is a workbook of Excel 4 or older"),
    "Word": (zipped("[Content_Types].xml", "word/document.xml"), "This is a Word document"),
    "PowerPoint": (zipped("ppt/presentation.xml"), "This is a PowerPoint file"),
    "Numbers": (zipped("Index/Document.iwa", "Metadata/x"), "This is an Apple Numbers file"),
    "OpenDocument text": (
        zipped("mimetype", "content.xml", content="<office:body><office:text>"),
        "This is an OpenDocument file, but not a spreadsheet",
    ),
    "encrypted ODS": (
        zipped("META-INF/manifest.xml", "content.xml", content=MANIFEST),
        "This workbook is protected with a password",
    ),
    "encrypted workbook": (compound("EncryptionInfo", "EncryptedPackage"), "with a password"),
    "old Word": (compound("WordDocument"), "This is a Word document"),
    "old PowerPoint": (compound("PowerPoint Document"), "This is a PowerPoint file"),
    "Outlook message": (compound("__properties_version1.0"), "This is an Outlook message"),
    "something of Microsoft": (compound("Contents"), "This is a file of an old Microsoft program"),
    "damaged container": (compound("Workbook")[:700], "This workbook is damaged"),
    "half a workbook": (zipped("xl/workbook.xml", content="x" * 99)[:-50], "is damaged"),
}


@pytest.mark.parametrize(("content", "words"), NO_SPREADSHEETS.values(), ids=NO_SPREADSHEETS)
def test_what_is_no_spreadsheet_is_told_with_what_to_do(tmp_path, content, words):
    path = tmp_path / "leads.xlsx"
    path.write_bytes(content)

    with pytest.raises(UnreadableFile) as refusal:
        inspect(path)

    sentence = str(refusal.value)
    assert words in sentence
    assert sentence.count(".") >= 2  # what it is; what to do


@pytest.mark.parametrize(
    "text",
    [
        "MZ,BM\n1,2\n",
        "PAR1,PAR2\n1,2\n",
        "BZh1,GIF8\n1,2\n",
        "[1],a\n1,2\n",
        "<10,>10\n1,2\n",
        "{a},b\n1,2\n",
        "%PDF,b\n1,2\n",
        "Book,Workbook\nEncryptedPackage,2\n",
    ],
)
def test_a_text_that_only_begins_like_something_else_is_a_text(tmp_path, text):
    path = tmp_path / "leads.csv"
    path.write_text(text)

    assert kind_of(path) is Format.CSV


def test_the_words_in_a_workbook_do_not_change_what_it_is(tmp_path):
    path = write_workbook(tmp_path / "a.xlsx", [["EncryptedPackage", "word/document.xml"]])

    assert kind_of(path) is Format.XLSX
