"""How long it may take, as an honest range from how long this connection's parts took before."""

from dataclasses import dataclass
from statistics import quantiles

from importer.imports.runs import Part, Run
from importer.teams.models import Connection

REMEMBERED = 50  # parts
ALIKE = 3.0  # a part of up to so many times the rows, or as small a share, takes about as long


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds, from the quick end to the slow end."""

    low_s: float
    high_s: float

    def __mul__(self, times: float) -> "Estimate":
        return Estimate(self.low_s * times, self.high_s * times)


def of_a_part(connection: Connection, rows: int) -> Estimate | None:
    """How long the CRM takes for a part of so many rows; None if it never had one like it."""
    answered = Part.objects.filter(
        run__for_import__connection=connection,
        state=Part.State.COLLECTED,
        answered_at__isnull=False,
        rows__range=(rows / ALIKE, rows * ALIKE),
    ).exclude(run__kind=Run.Kind.UNDO)
    times = answered.order_by("-answered_at").values_list("submitted_at", "answered_at")
    took = [(end - start).total_seconds() for start, end in times[:REMEMBERED]]
    if not took:
        return None
    if len(took) < 4:  # too few to tell what is usual
        return Estimate(min(took) / 2, max(took) * 2)
    tenths = quantiles(took, n=10, method="inclusive")
    return Estimate(tenths[0], tenths[-1])


def of_parts(part: Estimate, parts: int, at_once: int) -> Estimate:
    """How long so many parts take, some of them at once."""
    return part * -(-parts // at_once)


def in_words(estimate: Estimate) -> str:
    """As people say it: less than a minute, 2 to 5 minutes, about 3 hours."""
    if estimate.high_s < 60:
        return "less than a minute"
    unit, seconds = ("hour", 3600) if estimate.high_s >= 2 * 3600 else ("minute", 60)
    low, high = int(estimate.low_s // seconds), -int(-estimate.high_s // seconds)
    if low == high:
        return f"about {high} {unit}{'s' if high > 1 else ''}"
    return f"{low or 'less than 1'} to {high} {unit}s"
