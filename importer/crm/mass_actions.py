"""Mass update and mass delete: hundreds of records at once, or a custom view as a job."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from importer.crm.api import Api, detail, first, shape_expected
from importer.crm.bulk_read import Criteria, criteria_json
from importer.crm.errors import CrmRefused
from importer.crm.jobs import JobState, job_state
from importer.crm.outcomes import Action, RecordOutcome, outcomes

PER_CALL = 500  # ids


@dataclass(frozen=True, slots=True)
class MassJob:
    """How far a mass action over a view is; counts are of records."""

    state: JobState
    total: int
    done: int  # updated or deleted
    unchanged: int
    failed: int


class MassActions:
    """The calls about mass update and mass delete.

    Those by ids answer for each record, and may be asked again when the answer is lost. Those by
    view are sent once, and raise `OutcomeUnknown` where they may have been scheduled.
    """

    def __init__(self, api: Api) -> None:
        self._api = api

    def update(
        self, module: str, ids: Sequence[str], values: Mapping[str, Any], *, replace: bool = True
    ) -> tuple[RecordOutcome, ...]:
        """Give up to 500 records the same value in a field; in up to three, if they are deals.

        Multi-select picklists keep what they have beside the new values unless `replace`.
        """
        body = {"data": [dict(values)], "ids": list(ids), "over_write": replace}
        return self._by_ids(module, "mass_update", Action.UPDATE, ids, body)

    def update_view(
        self,
        module: str,
        view: str,
        values: Mapping[str, Any],
        *,
        replace: bool = True,
        territory: str | None = None,
        subterritories: bool = False,
        criteria: Criteria = (),
    ) -> str:
        """Schedule the same for the records of a custom view, up to 50,000; the job's id.

        Only for those in the `territory` with this id, and in the ones that lie in it; and only
        for those that meet the `criteria`, in versions that know them here.
        """
        body = {"data": [dict(values)], "over_write": replace}
        if criteria:
            body["criteria"] = [self._criteria(criteria)]
        body |= _chosen(view, territory, subterritories)
        return self._schedule(module, "mass_update", body)

    def update_job(self, module: str, job_id: str) -> MassJob:
        """How far a scheduled update is."""
        return self._job(module, "mass_update", job_id)

    def delete(self, module: str, ids: Sequence[str]) -> tuple[RecordOutcome, ...]:
        """Move up to 500 records to the recycle bin."""
        return self._by_ids(module, "mass_delete", Action.DELETE, ids, {"ids": list(ids)})

    def delete_view(
        self, module: str, view: str, *, territory: str | None = None, subterritories: bool = False
    ) -> str:
        """Schedule the same for the records of a custom view, up to 50,000; the job's id."""
        return self._schedule(module, "mass_delete", _chosen(view, territory, subterritories))

    def delete_job(self, module: str, job_id: str) -> MassJob:
        """How far a scheduled delete is."""
        return self._job(module, "mass_delete", job_id)

    def _by_ids(
        self, module: str, name: str, action: Action, ids: Sequence[str], body: dict[str, Any]
    ) -> tuple[RecordOutcome, ...]:
        if not 0 < len(ids) <= PER_CALL:
            raise ValueError(f"A call takes 1 to {PER_CALL} records, not {len(ids)}")
        answer = self._api.send("POST", module, "actions", name, each=len(ids), json=body)
        with shape_expected("an outcome for each record"):
            return outcomes(answer, action, ids)

    def _criteria(self, criteria: Criteria) -> dict[str, Any]:
        """Refused where the CRM would overlook them, and update every record of the view."""
        version = self._api.version
        if not version.narrows_views:
            raise CrmRefused(f"A mass update of API version {version.name} takes no criteria")
        return criteria_json(criteria, lambda api_name: {"field": api_name})

    def _schedule(self, module: str, name: str, body: dict[str, Any]) -> str:
        answer = self._api.send("POST", module, "actions", name, repeatable=False, json=body)
        return detail(first(answer, "data", repeatable=False), "job_id", repeatable=False)

    def _job(self, module: str, name: str, job_id: str) -> MassJob:
        answer = self._api.get(module, "actions", name, job_id=job_id)
        told = first(answer, "data")
        with shape_expected("the job"):
            return MassJob(
                state=job_state(told["Status"]),
                total=int(told["Total_Count"]),
                done=int(told.get("Updated_Count") or told.get("Deleted_Count") or 0),
                unchanged=int(told.get("Not_Updated_Count") or 0),
                failed=int(told.get("Failed_Count") or 0),
            )


def _chosen(view: str, territory: str | None, subterritories: bool) -> dict[str, Any]:
    """The records that a mass action by view is about."""
    body: dict[str, Any] = {"cvid": view}
    if territory:
        body["territory"] = {"id": territory, "include_child": subterritories}
    return body
