"""The API credits that an organisation has left, where the CRM tells of them."""

from typing import Protocol

JOB_CREDITS = 500  # what a bulk write job costs (Zoho CRM API, API limits)


class Credits(Protocol):
    """Keeps what the CRM told last, for all processes that use the connection."""

    def told(self, left: int | None) -> None:
        """An answer said that so many are left; None where it said nothing of credits.

        The CRM is silent while more than half of the day's credits are left. Raises nothing.
        """
        ...
