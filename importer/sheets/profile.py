"""What a column holds, gathered batch by batch in bounded memory."""

from dataclasses import dataclass, field

import polars as pl

from importer.sheets.table import ColumnProfile

_SHAPES = 500  # kinds of value told apart in one column; the oddest is among the first ones
_SHAPE_CHARACTERS = 40


@dataclass(slots=True)
class ColumnTally:
    """Counts and samples of one column; feed it every batch, then ask for the profile."""

    filled: int = 0
    first: str | None = None
    longest: str = ""
    shapes: dict[str, tuple[int, str]] = field(default_factory=dict)  # how many, and the first

    def add(self, values: pl.Series) -> None:
        """Count a batch in; blank cells are null."""
        values = values.drop_nulls()
        if values.is_empty():
            return
        self.filled += len(values)
        if self.first is None:
            self.first = values[0]
        longest = values[values.str.len_chars().arg_max() or 0]
        self.longest = max(self.longest, longest, key=len)
        for shape, count, example in _shapes(values):
            known, first = self.shapes.get(shape, (0, example))
            if known or len(self.shapes) < _SHAPES:
                self.shapes[shape] = (known + count, first)

    def profile(self, header: str) -> ColumnProfile:
        """The column's profile: its first value, its longest, and one of the rarest shape."""
        samples = [] if self.first is None else [self.first, self.longest]
        rarest_first = sorted(self.shapes.values(), key=lambda found: found[0])
        samples += [example for _, example in rarest_first if example not in samples][:1]
        return ColumnProfile(header, self.filled, tuple(dict.fromkeys(samples)))


def _shapes(values: pl.Series) -> list[tuple[str, int, str]]:
    """Values alike but for their letters and digits, as one: "A-17" and "Bc-2" are "a-9"."""
    shape = (
        values.str.slice(0, _SHAPE_CHARACTERS)
        .str.replace_all(r"\d+", "9")
        .str.replace_all(r"\p{L}+", "a")
    )
    frame = pl.DataFrame({"shape": shape, "value": values})
    return (
        frame.group_by("shape", maintain_order=True)
        .agg(pl.len().alias("count"), pl.col("value").first())
        .rows()
    )
