"""The sales territories: a record belongs to the one whose countries include its own."""

from dataclasses import dataclass
from typing import Final

from importer.practice.organisation.company import ID_BASE


@dataclass(frozen=True, slots=True)
class Territory:
    """A part of the market, perhaps within a larger one."""

    id: str
    name: str
    countries: tuple[str, ...]
    parent_id: str | None = None


EUROPE: Final = Territory(str(ID_BASE + 320_001), "Europe", ("Germany", "Poland", "Sweden"))
TERRITORIES: Final = (
    EUROPE,
    Territory(str(ID_BASE + 320_003), "Benelux", ("Netherlands", "Belgium"), EUROPE.id),
    Territory(str(ID_BASE + 320_005), "Iberia", ("Portugal", "Spain"), EUROPE.id),
    Territory(str(ID_BASE + 320_007), "British Isles", ("United Kingdom", "Ireland")),
)


def countries_of(territory_id: str, *, include_child: bool) -> list[str] | None:
    """The countries of a territory, with those of the territories within; None if unknown."""
    if territory_id not in {territory.id for territory in TERRITORIES}:
        return None
    return [
        country
        for territory in TERRITORIES
        if territory.id == territory_id or (include_child and territory.parent_id == territory_id)
        for country in territory.countries
    ]
