"""Which field a column most likely fills, by its header."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from importer.crm.schema import Field, Module, Operation

_Spelling = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A field for a column, and why."""

    field: str  # API name
    reason: str  # one sentence for a person


def suggest(
    headers: Sequence[str], module: Module, operation: Operation, find_by: str | None = None
) -> dict[str, Suggestion]:
    """A field for each header that names one; a header not in the answer names none.

    Exact names come before similar ones, and of two headers for one field the first gets it.
    The record id is never written, so it is named only where it is the match field.
    """
    fields = [f for f in module.fields if f.writable(operation) or f.api_name == find_by]
    found: dict[str, Suggestion] = {}
    taken: set[str] = set()
    for names, spelt, reason in _ways(fields):
        for header in headers:
            field = names.get(spelt(header))
            if field is None or header in found or field.api_name in taken:
                continue
            found[header] = Suggestion(field.api_name, reason.format(label=field.label))
            taken.add(field.api_name)
    return {header: found[header] for header in headers if header in found}


def normalised(name: str) -> str:
    """`name` without case, accents, blanks and punctuation: "E-Mail" and "e_mail" are alike."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return re.sub(r"[\W_]+", "", "".join(c for c in plain if not unicodedata.combining(c)))


def _ways(fields: Sequence[Field]) -> Iterator[tuple[dict[str, Field], _Spelling, str]]:
    """The ways to recognise a field, the surest first: its names, how to spell a header to
    find it among them, and the reason to give."""
    yield _by_name((f.label, f) for f in fields), str.strip, "The header is the field's name."
    api_names = _by_name((f.api_name, f) for f in fields)
    yield api_names, str.strip, "The header is the field's API name."
    alike = _by_name((normalised(n), f) for f in fields for n in (f.label, f.api_name))
    yield alike, normalised, "The header reads like “{label}”."


def _by_name(pairs: Iterable[tuple[str, Field]]) -> dict[str, Field]:
    """The first field of each name."""
    names: dict[str, Field] = {}
    for name, field in pairs:
        names.setdefault(name, field)
    names.pop("", None)
    return names
