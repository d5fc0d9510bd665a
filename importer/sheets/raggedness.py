"""Rows that are longer or shorter than the header, told by their numbers."""

from dataclasses import dataclass, field

import polars as pl

from importer.sheets.block import Block

_ROWS_NAMED = 5


@dataclass(slots=True)
class _Rows:
    """Some of the rows that something is true of, and how many they are."""

    count: int = 0
    first: list[int] = field(default_factory=list)

    def add(self, numbers: pl.Series) -> None:
        self.count += len(numbers)
        self.first += numbers.head(_ROWS_NAMED - len(self.first)).to_list()

    def __str__(self) -> str:
        listed = ", ".join(f"{number:,}" for number in self.first)
        more = self.count - len(self.first)
        return f"{listed} and {more:,} more" if more else listed


class Raggedness:
    """Compares the rows with a header of `width` cells; without one, with most rows at the top."""

    def __init__(self, width: int | None) -> None:
        self._width = width
        self._like = "most rows" if width is None else "the header row"
        self._longer, self._shorter = _Rows(), _Rows()

    def add(self, group: Block) -> None:
        """Note the rows with cells beyond the header, and records that end before it does."""
        if self._width is None:
            if group.widths is None or not len(group):
                return
            self._width = max(group.widths.mode().to_list())
        if group.cells.width > self._width:
            beyond = group.cells[:, self._width :]
            self._longer.add(
                group.numbers.filter(
                    beyond.select(pl.any_horizontal(pl.all().is_not_null())).to_series()
                )
            )
        if group.widths is not None:
            self._shorter.add(group.numbers.filter(group.widths < self._width))

    def warnings(self, names: list[str]) -> list[str]:
        """What to tell of them; `names` are those of all columns."""
        warnings = []
        if self._longer.count:
            kept = ", ".join(f"“{name}”" for name in names[self._width :][:5])
            warnings.append(
                f"Some rows have more cells than {self._like}: {self._longer}."
                f" The cells beyond are kept in {kept}."
            )
        if self._shorter.count:
            warnings.append(
                f"Some rows have fewer cells than {self._like}: {self._shorter}."
                " The missing cells are taken as blank."
            )
        return warnings
