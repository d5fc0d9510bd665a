"""`manage.py inspect_file`: what the reader sees in a spreadsheet, without a database."""

import json
import logging
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from importer.imports import looking
from importer.sheets import Choice, UnreadableFile
from importer.sheets.bounded import ReadingFault

log = logging.getLogger(__name__)

_DECIDED = {
    "format": "Format",
    "encoding": "Encoding",
    "delimiter": "Delimiter",
    "sheet": "Sheet",
    "header_row": "Header row",
}
_MARKS = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "vertical bar", " ": "blank"}


class Command(BaseCommand):
    """Prints what was read on standard output; why a file is refused goes to standard error."""

    help = (
        "Prints how a spreadsheet is read: format, encoding, sheets, header row, rows, columns and "
        "first cells. Exit status: 0, or 1 for a file that is refused."
    )
    requires_system_checks = []  # it needs no database and no settings but the limits

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--sheet", help="of a workbook, by name; else the likeliest")
        parser.add_argument("--json", action="store_true")
        parser.add_argument(
            "--cell", type=_place, metavar="R,C", help="print only this cell, as Excel numbers it"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path, choice = options["file"].resolve(), Choice(sheet=options["sheet"])
        try:
            with path.open("rb"):
                pass  # here it is clear why a file cannot be opened
            with _refusals_told_once():
                text = _told(path, choice, options)
        except (UnreadableFile, ReadingFault, OSError) as error:
            if isinstance(error, ReadingFault):
                log.error("%s", error)
            self.stderr.write(_sentence(path, error))
            raise SystemExit(1) from error
        self.stdout.write(text + "\n", ending="")


@contextmanager
def _refusals_told_once() -> Iterator[None]:
    """A worker's log says how the process ended that read a file; here the sentence is enough."""
    reading = logging.getLogger("importer.sheets")
    reading.setLevel(logging.ERROR)
    try:
        yield
    finally:
        reading.setLevel(logging.NOTSET)


def _told(path: Path, choice: Choice, options: dict[str, Any]) -> str:
    if options["cell"]:
        return looking.text_of_cell(path, choice, *options["cell"])
    told, reasons = looking.look(path, choice)
    return json.dumps(told, indent=2) if options["json"] else _in_words(told, reasons)


def _place(text: str) -> tuple[int, int]:
    """A row and a column, from 1."""
    row, _, column = text.partition(",")
    if not (row.isdecimal() and column.isdecimal() and int(row) and int(column)):
        raise ArgumentTypeError(f"“{text}” is no cell. Give row and column, such as 5,2.")
    return int(row), int(column)


def _sentence(path: Path, error: Exception) -> str:
    match error:
        case UnreadableFile():
            return str(error)
        case ReadingFault():
            return f"{path} cannot be read, through a fault of this program. Please report it."
        case FileNotFoundError() if not path.exists():
            return f"There is no file {path}."
        case IsADirectoryError():
            return f"{path} is a folder. Name a file inside it."
        case PermissionError():
            return f"You may not read {path}."
    return f"{path} cannot be read: {error}."


def _in_words(told: dict[str, Any], reasons: dict[str, str]) -> str:
    """The same for people, with the reasons."""
    lines = [
        f"{label:<12}{_MARKS.get(told[name], told[name] or 'none')}. {reasons[name]}"
        for name, label in _DECIDED.items()
        if name in reasons
    ]
    lines.append(f"{'Table':<12}{_size(told['n_rows'], told['n_cols'])}")
    for sheet in told["sheets"]:
        marks = ", hidden" * sheet["hidden"] + ", read here" * (sheet["name"] == told["sheet"])
        size = _size(sheet["rows"], sheet["columns"])
        lines.append(f"{'Has sheet':<12}{sheet['name']} ({size}{marks})")
    for place, header in enumerate(told["headers"]):
        values = (" ".join((row[place] or "").split()) or "·" for row in told["rows"])
        lines.append(f"{'Column':<12}{header}: {' | '.join(values)}")
    return "\n".join([*lines, *(f"{'Note':<12}{warning}" for warning in told["warnings"])])


def _size(rows: int | None, columns: int | None) -> str:
    if rows is None or columns is None:
        return "cannot be read"
    return f"{rows:,} rows, {columns:,} columns"
