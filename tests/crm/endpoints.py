"""Every call that the client makes of a CRM, and the address that it asks there."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

from importer.crm.client import CrmClient
from importer.crm.records import Record
from tests.crm.work import ALL_VENDORS, LEAD, READ_LEADS, REFERRALS, Work
from tests.practice.caller import ZGID

Given = Callable[[Work], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address of the CRM, as mishaps name it, and a call of the client's that asks there."""

    on: str
    name: str  # of the call
    given: Given = lambda work: {}
    repeatable: bool = True
    alike: bool = True  # whether it gets the same answer a second time

    def work(self, crm: CrmClient, folder: Path) -> Work:
        """Work with what the call needs made already, so that mishaps do not strike there."""
        work = Work(crm, folder)
        self.given(work)
        return work

    def call(self, crm: CrmClient, work: Work) -> object:
        """What the call gives, read to its end."""
        answer = attrgetter(self.name)(crm)(**self.given(work))
        return list(answer) if isinstance(answer, Iterator) else answer


CREATE = "POST /crm/bulk/*/write"
LEADS = {"module": "Leads"}
ONE_MODULE = {"api_name": "Leads"}

_organisation = {
    "organisation": Endpoint("GET /crm/*/org", "organisation"),
    "user": Endpoint("GET /crm/*/users", "organisation"),
    "current_user": Endpoint("GET /crm/*/users", "current_user"),
    "users": Endpoint("GET /crm/*/users", "users"),
    "modules": Endpoint("GET /crm/*/settings/modules", "modules"),
    "module": Endpoint("GET /crm/*/settings/modules/*", "module", lambda work: ONE_MODULE),
    "fields": Endpoint("GET /crm/*/settings/fields", "module", lambda work: ONE_MODULE),
    "default_layout": Endpoint("GET /crm/*/settings/layouts", "module", lambda work: ONE_MODULE),
    "layout": Endpoint(
        "GET /crm/*/settings/layouts/*",
        "module",
        lambda work: {**ONE_MODULE, "layout": REFERRALS},
    ),
    "layouts": Endpoint("GET /crm/*/settings/layouts", "layouts", lambda work: LEADS),
    "views": Endpoint("GET /crm/*/settings/custom_views", "views", lambda work: LEADS),
    "territories": Endpoint("GET /crm/*/settings/territories", "territories"),
}
_bulk_write = {
    "upload": Endpoint(
        "POST /crm/*/upload",
        "bulk_write.upload",
        lambda work: {"zip_path": work.zip_path, "zgid": ZGID},
        alike=False,
    ),
    "create_job": Endpoint(
        CREATE, "bulk_write.create", lambda work: {"request": work.request}, repeatable=False
    ),
    "job": Endpoint(
        "GET /crm/bulk/*/write/*", "bulk_write.job", lambda work: {"job_id": work.job.id}
    ),
    "result": Endpoint(
        "GET /*write/*",
        "bulk_write.download",
        lambda work: {"job": work.job, "target": work.target},
    ),
}
_bulk_read = {
    "create_read": Endpoint(
        "POST /crm/bulk/*/read",
        "bulk_read.create",
        lambda work: {"request": READ_LEADS},
        alike=False,
    ),
    "read_job": Endpoint(
        "GET /crm/bulk/*/read/*", "bulk_read.job", lambda work: {"job_id": work.read_job.id}
    ),
    "read_result": Endpoint(
        "GET /crm/bulk/*/read/*/result",
        "bulk_read.download",
        lambda work: {"job": work.read_job, "target": work.target},
    ),
}
_reading = {
    "get": Endpoint(
        "GET /crm/*/Leads",
        "records.get",
        lambda work: {**LEADS, "ids": [work.lead], "fields": ["Last_Name"]},
    ),
    "whole": Endpoint(
        "GET /crm/*/Leads/*", "records.whole", lambda work: {**LEADS, "record_id": work.lead}
    ),
    "all": Endpoint(
        "GET /crm/*/Leads", "records.all", lambda work: {**LEADS, "fields": ["Last_Name"]}
    ),
    "search": Endpoint(
        "GET /crm/*/Leads/search", "records.search", lambda work: {**LEADS, "word": "Person"}
    ),
    "query": Endpoint(
        "POST /crm/*/coql",
        "records.query",
        lambda work: {**LEADS, "fields": ["City"], "where": "Company = 'Zylker'"},
    ),
    "find": Endpoint(
        "POST /crm/*/coql",
        "records.find",
        lambda work: {**LEADS, "field": "Company", "values": ["Zylker"], "fields": ["City"]},
    ),
    "find_all": Endpoint(
        "POST /crm/*/coql",
        "records.find_all",
        lambda work: {**LEADS, "field": "Company", "values": ["Zylker"], "fields": ["City"]},
    ),
    "deleted": Endpoint("GET /crm/*/Leads/deleted", "records.deleted", lambda work: LEADS),
    "count": Endpoint("GET /crm/*/Leads/actions/count", "records.count", lambda work: LEADS),
}
_writing = {
    "insert": Endpoint(
        "POST /crm/*/Leads",
        "records.insert",
        lambda work: {**LEADS, "rows": [LEAD]},
        repeatable=False,
    ),
    "update": Endpoint(
        "PUT /crm/*/Leads",
        "records.update",
        lambda work: {**LEADS, "records": [Record(work.lead, {"City": "Delft"})]},
        alike=False,
    ),
    "upsert": Endpoint(
        "POST /crm/*/Leads/upsert",
        "records.upsert",
        lambda work: {**LEADS, "rows": [LEAD], "find_by": ["Email"]},
        repeatable=False,
    ),
    "delete": Endpoint(
        "DELETE /crm/*/Leads",
        "records.delete",
        lambda work: {**LEADS, "ids": [work.lead]},
        alike=False,
    ),
}
_mass_actions = {
    "mass_update": Endpoint(
        "POST /crm/*/actions/mass_update",
        "mass_actions.update",
        lambda work: {**LEADS, "ids": [work.lead], "values": {"City": "Delft"}},
        alike=False,
    ),
    "update_view": Endpoint(
        "POST /crm/*/actions/mass_update",
        "mass_actions.update_view",
        lambda work: {"module": "Vendors", "view": ALL_VENDORS, "values": {"City": "Delft"}},
        repeatable=False,
    ),
    "update_job": Endpoint(
        "GET /crm/*/actions/mass_update",
        "mass_actions.update_job",
        lambda work: {**LEADS, "job_id": work.mass_update},
    ),
    "mass_delete": Endpoint(
        "POST /crm/*/actions/mass_delete",
        "mass_actions.delete",
        lambda work: {**LEADS, "ids": [work.lead]},
        alike=False,
    ),
    "delete_view": Endpoint(
        "POST /crm/*/actions/mass_delete",
        "mass_actions.delete_view",
        lambda work: {"module": "Vendors", "view": ALL_VENDORS},
        repeatable=False,
    ),
    "delete_job": Endpoint(
        "GET /crm/*/actions/mass_delete",
        "mass_actions.delete_job",
        lambda work: {"module": "Contacts", "job_id": work.mass_delete},
    ),
}
ENDPOINTS = _organisation | _bulk_write | _bulk_read | _reading | _writing | _mass_actions
HARMLESS = {name: endpoint for name, endpoint in ENDPOINTS.items() if endpoint.repeatable}
ONCE = {name: endpoint for name, endpoint in ENDPOINTS.items() if not endpoint.repeatable}
