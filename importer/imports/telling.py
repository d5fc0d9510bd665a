"""An import told as plain data, for programs: state, counts, parts, problems, reports."""

from typing import Any

import cattrs
from django.db.models import Sum

from importer.bulk import Balance
from importer.imports import files
from importer.imports.models import Import, Part, Run

REPORTS = {
    "problems_xlsx": files.PROBLEMS_XLSX,
    "problems_csv": files.PROBLEMS_CSV,
    "outcomes_csv": files.OUTCOMES_CSV,
}


def tell(import_: Import) -> dict[str, Any]:
    """What became of `import_`; of a draft, what confirming would do."""
    balance = import_.balance or _so_far(import_)
    summary = import_.check_summary
    return {
        "id": str(import_.pk),
        "state": import_.state,
        "reason": import_.state_reason,
        "counts": cattrs.unstructure(balance),
        "went_in": balance.went_in,
        "runs": [_run(run) for run in import_.runs.exclude(state=Run.State.DRAFT)],
        "parts": [_part(part) for part in Part.objects.of(import_.pk)],
        "cleared": cattrs.unstructure(summary.clears) if summary else [],
        "problems": cattrs.unstructure(summary.groups) if summary else [],
        "reports": {
            kind: import_.files.address(name) if import_.files.exists(name) else None
            for kind, name in REPORTS.items()
        },
    }


def _so_far(import_: Import) -> Balance:
    """Of a draft, and of an import that has not been settled: what was sent is unknown."""
    summary = import_.check_summary
    if summary is None:
        return Balance(rows=0)
    here = (*Part.UNSENT, Part.State.NOT_SENT)
    sent = Part.objects.of(import_.pk).exclude(state__in=here).aggregate(rows=Sum("rows"))["rows"]
    return Balance(
        rows=summary.rows,
        held_back=summary.held_back,
        not_sent=summary.ready - (sent or 0),
        unknown=sent or 0,
    )


def _run(run: Run) -> dict[str, Any]:
    return {
        "kind": run.kind,
        "state": run.state,
        "parts": run.parts.count(),
        "counts": run.balance_json,
    }


def _part(part: Part) -> dict[str, Any]:
    return {
        "number": part.number,
        "state": part.state,
        "rows": part.rows,
        "first_row": part.first_row,
        "last_row": part.last_row,
        "job_id": part.job_id or None,
        "sent_at": part.sent_at and part.sent_at.isoformat(),
        "answered_at": part.answered_at and part.answered_at.isoformat(),
        "code": part.code or None,
        "reason": part.reason or None,
    }
