"""What the organisation has bought: how many credits a day, and how many calls at a time."""

from dataclasses import dataclass
from typing import Final

USERS_BOUGHT: Final = 10
HEAVY_AT_A_TIME: Final = 10  # of the calls that ask much, whatever the edition


@dataclass(frozen=True, slots=True)
class Edition:
    """One of the editions, by the figures of Zoho's page on API limits."""

    name: str
    base: int
    for_each_user: int
    ceiling: int | None
    calls_at_a_time: int
    bulk_jobs_a_day: int | None = None

    @property
    def credits_a_day(self) -> int:
        allowed = self.base + self.for_each_user * USERS_BOUGHT
        return allowed if self.ceiling is None else min(allowed, self.ceiling)


_ALL: Final = (
    Edition("free", 5_000, 0, 5_000, 5, bulk_jobs_a_day=10),
    Edition("standard", 50_000, 250, 100_000, 10),
    Edition("professional", 50_000, 500, 3_000_000, 15),
    Edition("enterprise", 50_000, 1_000, 5_000_000, 20),
    Edition("ultimate", 50_000, 2_000, None, 25),
)
EDITIONS: Final = {edition.name: edition for edition in _ALL}
