"""How long a part waits before its next step, and what it says meanwhile."""

import logging
import random
from datetime import timedelta

from django.utils import timezone

from importer.imports.runs import Part

log = logging.getLogger(__name__)

FIRST_LOOK_S, LONGEST_LOOK_S = 1.0, 30.0
FIRST_RETRY_S, LONGEST_RETRY_S = 5.0, 300.0
LONGEST_PAUSE_S = 900.0  # even if the CRM names a longer one; a person may stop meanwhile


def look_later(part: Part) -> None:
    """Ask for the state of its job again, ever more seldom."""
    wait(part, growing(FIRST_LOOK_S, 1.5, part.looks, LONGEST_LOOK_S))


def put_off(part: Part, reason: str, seconds: float | None = None) -> None:
    """Try the same step again later: after `seconds`, or ever longer."""
    log.warning("Part %s waits: %s", part.pk, reason)
    pause = seconds or growing(FIRST_RETRY_S, 2, part.tries, LONGEST_RETRY_S)
    part.write(tries=part.tries + 1, reason=reason)
    wait(part, min(pause, LONGEST_PAUSE_S))


def wait(part: Part, seconds: float) -> None:
    """Let the next step be due in `seconds` or a little more, so that parts spread."""
    jittered = seconds * random.uniform(1.0, 1.3)  # noqa: S311  # spreads load
    part.write(due_at=timezone.now() + timedelta(seconds=jittered))


def growing(first_s: float, factor: float, times: int, longest_s: float) -> float:
    return min(first_s * factor ** min(times, 50), longest_s)
