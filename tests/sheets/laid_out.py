"""Blocks of a source as plain Python, to compare."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from importer.sheets import UnreadableFile
from importer.sheets.block import CellKind

Place = tuple[int, int]  # row and column, from 1


def cells(opened: AbstractContextManager[Any], sheet: str | None = None) -> dict[Place, str]:
    """What every cell that holds anything shows."""
    return {place: text for place, (text, _) in cells_and_kinds(opened, sheet).items()}


def cells_and_kinds(
    opened: AbstractContextManager[Any], sheet: str | None = None
) -> dict[Place, tuple[str, CellKind]]:
    found: dict[Place, tuple[str, CellKind]] = {}
    last = 0
    with opened as source:
        for block in source.blocks(sheet):
            assert block.numbers.is_sorted()
            assert block.numbers[0] > last
            last = block.numbers[-1]
            texts, kinds = block.cells.rows(), block.kinds.rows()
            for number, row, row_kinds in zip(block.numbers, texts, kinds, strict=True):
                for column, text in enumerate(row, 1):
                    if text:
                        found[number, column] = text, CellKind(row_kinds[column - 1])
    return found


def read_or_refused(reader: type, path: Path) -> None:
    """Every sheet is read to its end, or the file is refused with a sentence."""
    try:
        with reader(path) as source:
            for sheet in source.sheets:
                source.merged(sheet.name)
                for block in source.blocks(sheet.name):
                    block.cells.rows()
    except UnreadableFile as refusal:
        assert str(refusal).endswith(".")  # noqa: PT017 - it may be read as well


def mutated(content: bytes, changes: list[tuple[int, bytes]]) -> bytes:
    """`content` with some of its bytes overwritten, at places counted round and round."""
    damaged = bytearray(content)
    for at, patch in changes:
        begin = at % len(content)
        damaged[begin : begin + len(patch)] = patch
    return bytes(damaged)
