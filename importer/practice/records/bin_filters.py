"""The filters of the recycle bin: entries by module or by name, joined by `and`."""

from dataclasses import dataclass
from typing import Any

from importer.practice.records.queries import invalid_param
from importer.practice.storage.recycle_bin import Deletion


@dataclass(frozen=True, slots=True)
class Filter:
    """One field of an entry, and the values that let it through."""

    name: str
    values: tuple[Any, ...]

    def fits(self, deletion: Deletion) -> bool:
        own = deletion.module.api_name if self.name == "module" else deletion.name
        return own in self.values


def read_filters(given: Any) -> list[Filter]:
    """The filters of a JSON object; `ApiError` if it is none that can be read."""
    if not isinstance(given, dict):
        raise invalid_param("filters")
    if "group" not in given:
        return [_filter(given)]
    group = given["group"]
    if str(given.get("group_operator")).upper() != "AND" or not isinstance(group, list):
        raise invalid_param("filters")
    return [_filter(one) for one in group]


def fits(deletion: Deletion, filters: list[Filter]) -> bool:
    return all(one.fits(deletion) for one in filters)


def _filter(given: Any) -> Filter:
    field = given.get("field") if isinstance(given, dict) else None
    name = field.get("api_name") if isinstance(field, dict) else None
    if name not in ("module", "display_name"):
        raise invalid_param("filters")
    value = given.get("value")
    values = value if isinstance(value, list) else [value]
    return Filter(name, tuple(v.get("api_name") if isinstance(v, dict) else v for v in values))
