"""The texts that the cells of an .xlsb workbook share: [MS-XLSB] 2.1.7.45."""

import re
from collections.abc import Iterator

import numpy as np
import polars as pl

from importer.sheets.buffers import UTF_16, Ints, Texts
from importer.sheets.xlsb.records import Records, Type, stretches

_LIKELY = re.compile(
    rb"\x13(?:[\x05-\x7f]|[\x80-\xff][\x01-\x7f])[\x00-\x03].[\x00-\x7f]\x00\x00", re.DOTALL
)


class SharedTexts:
    """The texts by their number, read no further than asked for."""

    def __init__(self, buffers: Iterator[bytes]) -> None:
        self._parts = _texts(buffers)
        self._known = pl.Series(dtype=pl.String)

    def at(self, numbers: Ints) -> pl.Series:
        """The text of each number. `LookupError` for one that is not there."""
        most = int(numbers.max(initial=-1))
        more = [self._known]
        while sum(map(len, more)) <= most:
            part = next(self._parts, None)
            if part is None:
                raise LookupError("a text that is not there")
            more.append(part)
        self._known = pl.concat(more) if len(more) > 1 else self._known
        return self._known.gather(numbers)


def _texts(buffers: Iterator[bytes]) -> Iterator[pl.Series]:
    for stretch in stretches(buffers, _LIKELY, len):
        items = stretch.where(stretch.types == Type.SST_ITEM)
        yield texts_in(items.records, items.bodies + 1, items.bodies + items.sizes)


def texts_in(records: Records, at: Ints, ends: Ints) -> pl.Series:
    """The texts at `at`, each after its length, in bodies that end at `ends`."""
    lengths = records.longs[at].astype(np.int64)
    if (at + 4 + 2 * lengths > ends).any():
        raise LookupError("a text beyond its record")
    return Texts(records.buffer, UTF_16).cut(at + 4, lengths)
