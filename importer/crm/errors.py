"""What can go wrong between us and the CRM: one family, which says whether to try again.

CrmError                 anything that went wrong
├── CrmUnavailable       again: not reached, 429, or a lost or broken answer to a harmless call
├── CrmRefused           not again: the CRM said no, in its own words
│   └── CrmUnauthorised  not until a person connects the CRM anew
└── OutcomeUnknown       a request that may have taken effect, and whose answer never came
"""

from collections.abc import Mapping
from typing import Any


class CrmError(Exception):
    """Carries the CRM's `code`, `message` and `details`; never a token."""

    retry_after_s: float | None = None  # where the CRM named a time: nobody asks before

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        details: Mapping[str, Any] | None = None,
        status: int | None = None,  # HTTP
    ) -> None:
        super().__init__(f"{code}: {message}" if code else message)
        self.message = message
        self.code = code
        self.details = dict(details or {})
        self.status = status


class CrmUnavailable(CrmError):
    """Worth another try, after `retry_after_s` seconds where the CRM named a time."""


class CrmRefused(CrmError):
    """Not worth another try: the same request would be refused again."""


class CrmUnauthorised(CrmRefused):
    """The connection's authorisation no longer works; a person must connect anew."""


class OutcomeUnknown(CrmError):
    """The request was sent and its answer lost: it may have taken effect, or not."""
