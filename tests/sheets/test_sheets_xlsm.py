"""Workbooks with macros: read as any other, the macros left alone."""

import zipfile

import xlsxwriter

from importer.sheets import Format, head, inspect, stage


def test_xlsm_is_read_as_a_workbook_like_any_other(tmp_path):
    path, target, macros = (tmp_path / name for name in ("book.xlsm", "t.parquet", "vba.bin"))
    macros.write_bytes(b"never looked at")
    with xlsxwriter.Workbook(path) as book:
        book.add_vba_project(str(macros))
        sheet = book.add_worksheet("Leads")
        sheet.write_row(0, 0, ["Name", "Postcode"])
        sheet.write_row(1, 0, ["Ann", 501], book.add_format({"num_format": "00000"}))

    inspection = inspect(path)
    stage(path, inspection.reading, target)

    with zipfile.ZipFile(path) as package:
        assert b"sheet.macroEnabled.main+xml" in package.read("[Content_Types].xml")
        assert "xl/vbaProject.bin" in package.namelist()
    assert (inspection.reading.format, inspection.reading.sheet) == (Format.XLSX, "Leads")
    assert head(target, 5).rows() == [(2, "Ann", "00501")]
