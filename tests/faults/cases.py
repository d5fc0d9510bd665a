"""One import with its misfortunes, all of it drawn from a seed, so that it can be had again."""

import random
from dataclasses import dataclass, replace
from typing import Any, Self

OPERATIONS = (("insert", ""), ("insert", "Email"), ("upsert", "Email"), ("update", "Email"))
ACTS = ("", "", "", "", "try first", "pause", "stop")
AFTERWARDS = ("", "undo", "retry")
WRITE, UPLOAD = "POST /crm/bulk/v7/write", "POST /crm/v7/upload"
DELETE, PUT_BACK = "POST /crm/v7/Leads/actions/mass_delete", "PUT /crm/v7/Leads"
LOOK, RESULT = "GET /crm/bulk/v7/write/*", "GET /v7/crm/*/bulk-write/*"
MISHAPS: tuple[dict[str, Any], ...] = (
    *(
        {"kind": "drop", "moment": moment, "on": call}
        for moment in ("before", "during", "after")
        for call in (WRITE, UPLOAD, LOOK, RESULT)
    ),
    *({"kind": "answer", "status": s, "on": WRITE} for s in (400, 429, 500, 503)),
    *({"kind": "answer", "status": s, "on": "*"} for s in (401, 429, 500)),
    {"kind": "answer", "status": 200, "body": "<html>maintenance</html>", "on": WRITE},
    {"kind": "latency", "seconds": 1.5, "on": "*"},
    {"kind": "latency", "seconds": 4.0, "on": WRITE},  # longer than we wait
    {"kind": "expired_token", "on": "*"},
    {"kind": "job_stuck", "seconds": 2.0, "after_rows": 1},
    {"kind": "job_failed", "after_rows": 0, "code": "INVALID_FORMAT"},
    {"kind": "job_failed", "after_rows": 2},
    {"kind": "job_broken_off", "after_rows": 2},
    {"kind": "result_late", "seconds": 1.0},
    {"kind": "result_truncated"},
    {"kind": "result_disordered"},
    {"kind": "result_row_missing", "row": 1},
    {"kind": "callback_lost"},
    {"kind": "callback_doubled"},
    {"kind": "callback_forged"},
)
MISHAPS_OF_UNDO: tuple[dict[str, Any], ...] = (
    *(
        {"kind": "drop", "moment": moment, "on": call}
        for moment in ("before", "during", "after")
        for call in (DELETE, PUT_BACK)
    ),
    *({"kind": "answer", "status": s, "on": DELETE} for s in (429, 500)),
    {"kind": "latency", "seconds": 4.0, "on": DELETE},
    {"kind": "expired_token", "on": "*"},
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the file, told apart from all others by its e-mail address."""

    number: int  # as Excel numbers it
    email: str
    is_bad: bool  # the check holds it back
    was_there: bool  # the CRM has a record of this address before

    @property
    def company(self) -> str:
        """What the import writes."""
        return f"New {self.email}"


@dataclass(frozen=True, slots=True)
class Case:
    """What is imported and how, and what goes wrong."""

    seed: int
    operation: str
    find_by: str
    rows: tuple[Row, ...]
    part_rows: int
    parts_at_once: int
    act: str  # of a person: "", "try first", "pause" or "stop"
    mishaps: tuple[dict[str, Any], ...]
    afterwards: str  # what a person does once it has ended: "", "undo" or "retry"
    later_mishaps: tuple[dict[str, Any], ...]  # while that is done

    @property
    def corrected(self) -> Self:
        """The rows as a person corrects them."""
        return replace(self, rows=tuple(replace(row, is_bad=False) for row in self.rows))

    @property
    def csv(self) -> bytes:
        lines = [
            f"{'no address' if row.is_bad else row.email},Person,{row.company}" for row in self.rows
        ]
        return "\n".join(["Email,Last Name,Company", *lines, ""]).encode()

    def __str__(self) -> str:
        both = self.mishaps + self.later_mishaps
        mishaps = ", ".join(f"{m['kind']} {m.get('moment', '')}".strip() for m in both)
        operation = f"{self.operation} by {self.find_by}" if self.find_by else self.operation
        told = [f"seed {self.seed}", f"{operation} of {len(self.rows)} rows", self.act]
        told += [f"then {self.afterwards}" if self.afterwards else "", mishaps]
        return ", ".join(filter(None, told))


def case(seed: int) -> Case:
    """The case that belongs to `seed`."""
    draw = random.Random(seed)
    operation, find_by = draw.choice(OPERATIONS)
    domain = f"s{seed}-{draw.randrange(16**6):06x}.example.com"
    rows = tuple(
        Row(
            number,
            f"r{number}@{domain}",
            is_bad=draw.random() < 0.1,
            was_there=bool(find_by) and draw.random() < 0.4,
        )
        for number in range(2, draw.randint(4, 40))
    )
    it = Case(
        seed=seed,
        operation=operation,
        find_by=find_by,
        rows=rows,
        part_rows=draw.randint(2, 15),
        parts_at_once=draw.randint(1, 4),
        act=draw.choice(ACTS),
        mishaps=_mishaps(draw, MISHAPS, skip=3),
        afterwards=draw.choice(AFTERWARDS),
        later_mishaps=(),
    )
    match it.afterwards:
        case "undo":
            return replace(it, later_mishaps=_mishaps(draw, MISHAPS_OF_UNDO))
        case "retry":
            return replace(it, later_mishaps=_mishaps(draw, MISHAPS))
    return it


def _mishaps(
    draw: random.Random, among: tuple[dict[str, Any], ...], skip: int = 0
) -> tuple[dict[str, Any], ...]:
    """A few, each after it has spared up to `skip` calls."""
    return tuple(
        {**draw.choice(among), "skip": draw.randint(0, skip)} for _ in range(draw.randint(0, 3))
    )
