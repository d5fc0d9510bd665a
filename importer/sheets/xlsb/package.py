"""The parts of an .xlsb workbook around its rows: laid out as in .xlsx, told in records."""

from collections.abc import Iterator

from importer.sheets.cells import NumberFormat, builtin_format, understand
from importer.sheets.table import Sheet
from importer.sheets.xlsb.records import Records, Type, wide_text
from importer.sheets.xlsx.package import Package

_FROM_1904 = 1  # the flag in the workbook's properties


class BinaryPackage(Package):
    """An open workbook, but for its rows and texts."""

    def records(self, part: str) -> Iterator[tuple[int, bytes]]:
        """The records of a part small enough to hold."""
        return Records(b"".join(self.read(part))).one_by_one()

    def _read_sheets(self) -> Iterator[tuple[Sheet, str]]:
        targets = self._relations(self._workbook)
        for kind, body in self.records(self._workbook):
            if kind == Type.WB_PROP:
                self.from_1904 = bool(body[0] & _FROM_1904)
            elif kind == Type.BUNDLE_SH:
                relation, end = wide_text(body, 8)
                type_of_part, part = targets[relation]
                if type_of_part.endswith("/worksheet"):
                    hidden = bool(int.from_bytes(body[:4], "little"))
                    yield Sheet(wide_text(body, end)[0], hidden), part

    def _read_formats(self) -> Iterator[NumberFormat]:
        codes: dict[int, str] = {}
        within_cell_styles = False
        for part in self._related(self._workbook, "/styles")[:1]:
            for kind, body in self.records(part):
                if kind == Type.FMT:
                    codes[int.from_bytes(body[:2], "little")] = wide_text(body, 2)[0]
                elif kind in (Type.BEGIN_CELL_XFS, Type.END_CELL_XFS):
                    within_cell_styles = kind == Type.BEGIN_CELL_XFS
                elif kind == Type.XF and within_cell_styles:
                    style = int.from_bytes(body[2:4], "little")
                    yield understand(codes.get(style) or builtin_format(style))
