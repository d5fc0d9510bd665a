"""Invented contacts of twenty columns, the same ones every time, with the faults of real ones."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

HEADER = (
    "External Id",
    "First Name",
    "Last Name",
    "Email",
    "Phone",
    "Company",
    "Street",
    "City",
    "Zip",
    "Status",
    "Source",
    "Birthday",
    "Last Contact",
    "Employees",
    "Revenue",
    "Discount",
    "Amount",
    "Newsletter",
    "Website",
    "Description",
)
_FIRST = ("Ana", "Björn", "Chidi", "Dorota", "Élise", "Farid", "Grace", "Hugo", "Íris", "Jürgen")
_LAST = ("Almeida", "Bauer", "Çelik", "Dubois", "Eriksen", "Fofana", "García", "Hughes", "O’Neill")
_TRADES = ("Bakeries", "Ceramics & Tiles", "Instruments", "Logistics", "Timber")
_STREETS = ("Hauptstraße", "High Street", "Rue de la Paix", "Calle Mayor", "Via Roma")
_CITIES = ("Antwerp", "Gdańsk", "Lagos", "Porto", "Zürich", "Lyon", "Malmö", "Cork")
_STATUSES = ("New", "Contacted", "Qualified", "Lost", "Customer")
_SOURCES = ("Web", "Trade fair", "Referral", "Cold call", "Partner", "Advertisement")
_WORDS = (
    "asked for a quotation of the new series and wants to be called in spring",
    'said "maybe later" twice, so be patient',
    "prefers e-mail < phone",
    "was with us from 2009 to 2014",
    "moved to the second floor; the bell is broken",
)
_DAY_ONE = date(1950, 1, 1)
_FIRST_MOMENT = datetime(2015, 1, 1)  # noqa: DTZ001 - a spreadsheet knows no time zone


@dataclass(frozen=True, slots=True)
class Padded:
    """A number shown with zeros in front."""

    number: int
    places: int


@dataclass(frozen=True, slots=True)
class Share:
    """A number shown as a percentage."""

    number: float


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula and the number that it came to."""

    formula: str
    result: float


@dataclass(frozen=True, slots=True)
class Fault:
    """An error in place of a value."""

    code: str


Value = str | int | float | bool | date | datetime | Padded | Share | Formula | Fault | None


def contacts(count: int, seed: int = 1) -> Iterator[tuple[Value, ...]]:
    """So many rows of as many cells as `HEADER` has."""
    chance = random.Random(seed)
    for number in range(1, count + 1):
        yield _contact(number, chance)


def _contact(number: int, chance: random.Random) -> tuple[Value, ...]:
    pick, roll = chance.choice, chance.random
    first, last, city = pick(_FIRST), pick(_LAST), pick(_CITIES)
    company = f"{last} {pick(_TRADES)} {number % 70_000}"
    born = _DAY_ONE + timedelta(days=int(roll() * 18_000))
    employees = int(roll() * 5_000)
    postcode = int(roll() * 99_999)
    phone = 34_910_000_000 + int(roll() * 1e9)
    return (
        f"{number - (roll() < 0.002):08d}",
        first,
        last,
        f"{first}.{last}{number}@example.com".lower() if roll() > 0.02 else "not known",
        phone if roll() < 0.1 else f"+{phone}",
        company,
        f"{pick(_STREETS)} {int(roll() * 400)}",
        city if roll() > 0.02 else None,
        Padded(postcode, 5) if roll() < 0.1 else f"{postcode:05d}",
        pick(_STATUSES),
        pick(_SOURCES),
        born if roll() < 0.7 else born.strftime("%d/%m/%Y"),
        None if roll() < 0.3 else _FIRST_MOMENT + timedelta(seconds=int(roll() * 3e8)),
        employees if roll() > 0.01 else Fault("#N/A"),
        f"{int(roll() * 999)}.{int(roll() * 999):03d},{int(roll() * 99):02d} €",
        Share(round(roll(), 2)),
        Formula(f"N{number + 1}*1.21", employees * 1.21) if roll() > 0.01 else Fault("#DIV/0!"),
        roll() < 0.5 if roll() < 0.8 else "yes",
        f"https://www.example.com/{last.lower()}/{number}",
        _description(number, chance),
    )


def _description(number: int, chance: random.Random) -> str:
    sentences = min(int(chance.expovariate(0.6)), 25)
    parts = [f"{number}: {chance.choice(_WORDS)}." for _ in range(sentences + 1)]
    return "\n".join(parts)
