"""The organisation behind the practice CRM: the company and its users."""

from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

ID_BASE: Final = 5725767000000000000  # every id of the organisation starts like this
ZGID: Final = "808232144"
ORG_ID: Final = str(ID_BASE + 411000)
DOMAIN_NAME: Final = f"org{ZGID}"
COMPANY: Final = "Harbour Lane Trading"
MAIL_DOMAIN: Final = "harbourlane.example.com"
TIME_ZONE: Final = "Europe/Amsterdam"
ZONE: Final = ZoneInfo(TIME_ZONE)
FOUNDED: Final = "2024-01-15T09:00:00+01:00"
ADMINISTRATOR: Final = {"id": str(ID_BASE + 26011), "name": "Administrator"}
CHIEF: Final = {"id": str(ID_BASE + 26005), "name": "CEO"}


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who can own records, unless they have left."""

    id: str
    first_name: str
    last_name: str
    email: str
    active: bool = True

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"


USERS: Final = (
    User(str(ID_BASE + 411001), "Patricia", "Boyle", f"patricia.boyle@{MAIL_DOMAIN}"),
    User(str(ID_BASE + 411017), "Tomasz", "Zielinski", f"tomasz.zielinski@{MAIL_DOMAIN}"),
    User(str(ID_BASE + 411033), "Amara", "Okafor", f"amara.okafor@{MAIL_DOMAIN}"),
)
CURRENT_USER: Final = USERS[0]  # the one whose token every caller holds
USERS_BY_ID: Final = {user.id: user for user in USERS}
USERS_BY_EMAIL: Final = {user.email: user for user in USERS}


def leavers(count: int) -> tuple[User, ...]:
    """So many people who have left the organisation."""
    return tuple(
        User(
            str(ID_BASE + 500000 + n),
            "Former",
            f"Colleague {n}",
            f"left.{n}@{MAIL_DOMAIN}",
            active=False,
        )
        for n in range(1, count + 1)
    )
