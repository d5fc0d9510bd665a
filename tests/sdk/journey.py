"""Zoho's own Python SDK at work: everything a program may ask of the practice CRM, in one go.

The Python of an environment that holds one of the SDKs runs it, `journey.py ADDRESS FOLDER`, and
the SDK finds nothing but the address of a data centre. It prints one JSON object: under the name of
each step the HTTP status, the class of the object that the SDK made of the answer, and that object.
The packages for v7 and v8 have the same names inside, so this is the journey of both.
"""

import csv
import inspect
import io
import json
import sys
import time
import traceback
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

from telling import Told, choice, told, unzipped
from zohocrmsdk.src.com.zoho.api.authenticator import OAuthToken
from zohocrmsdk.src.com.zoho.api.authenticator.store import FileStore
from zohocrmsdk.src.com.zoho.api.logger import Logger
from zohocrmsdk.src.com.zoho.crm.api import (
    HeaderMap,
    Initializer,
    ParameterMap,
    bulk_read,
    bulk_write,
    coql,
    mass_delete_cvid,
    record,
    recycle_bin,
)
from zohocrmsdk.src.com.zoho.crm.api.custom_views import CustomViewsOperations, GetCustomViewsParam
from zohocrmsdk.src.com.zoho.crm.api.dc.data_center import DataCenter
from zohocrmsdk.src.com.zoho.crm.api.fields import FieldsOperations, GetFieldsParam, MinifiedField
from zohocrmsdk.src.com.zoho.crm.api.layouts import GetLayoutsParam, LayoutsOperations
from zohocrmsdk.src.com.zoho.crm.api.modules import MinifiedModule, ModulesOperations
from zohocrmsdk.src.com.zoho.crm.api.org import OrgOperations
from zohocrmsdk.src.com.zoho.crm.api.users import GetUsersParam, UsersOperations
from zohocrmsdk.src.com.zoho.crm.api.util import APIResponse, Choice, StreamWrapper

ZGID = "808232144"
PATIENCE_S = 20.0


def main(address: str, folder: Path) -> None:
    initialize(address, folder)
    steps: Told = {}
    for part in PARTS:
        try:
            steps |= part()
        except Exception as error:  # the other parts still have something to tell
            steps[part.__name__] = {"raised": repr(error), "trace": traceback.format_exc()}
    with (folder / "tokens.csv").open(encoding="utf-8", newline="") as tokens:
        steps["stored_tokens"] = [row["user_name"] for row in csv.DictReader(tokens)]
    print(json.dumps(steps))


def initialize(address: str, folder: Path) -> None:
    Initializer.initialize(
        environment=DataCenter.Environment(address, f"{address}/oauth/v2/token", address),
        token=OAuthToken(
            client_id="1000.PRACTICE",
            client_secret="practice-secret",
            refresh_token="1000.practice.refresh",
        ),
        store=FileStore(str(folder / "tokens.csv")),
        resource_path=str(folder),
        logger=Logger.get_instance(level=Logger.Levels.ERROR, file_path=str(folder / "sdk.log")),
    )


def metadata() -> Told:
    return {
        "organisation": told(OrgOperations().get_organization()),
        "users": told(UsersOperations().get_users(params((GetUsersParam.type, active_users())))),
        "modules": told(ModulesOperations().get_modules()),
        "module": told(ModulesOperations().get_module_by_api_name("Leads")),
        "fields": told(FieldsOperations().get_fields(params((GetFieldsParam.module, "Leads")))),
        "layouts": told(LayoutsOperations().get_layouts(params((GetLayoutsParam.module, "Leads")))),
    }


def active_users() -> Any:
    """A choice for the SDK of v7, plain text for that of v8."""
    is_v7 = "v7" in inspect.getsource(UsersOperations.get_users)
    return Choice("ActiveUsers") if is_v7 else "ActiveUsers"


def bulk_writing() -> Told:
    """Three jobs over the same two people: inserted, one updated, then both and a third."""
    people = [["ada@sdk.example.com", "Lovelace", "Analytical"], ["", "Nobody", ""]]
    update = [["ada@sdk.example.com", "Byron", "Analytical"]]
    upsert = [["ada@sdk.example.com", "King", "Analytical"], ["mary@sdk.example.com", "S", "Sky"]]
    return {
        "bulk_insert": bulk_job("insert", people),
        "bulk_update": bulk_job("update", update, find_by="Email"),
        "bulk_upsert": bulk_job("upsert", upsert, find_by="Email"),
        "bulk_refused": told(bulk_write.BulkWriteOperations().create_bulk_write_job(request("1"))),
        "bulk_unknown": told(bulk_write.BulkWriteOperations().get_bulk_write_job_details("1")),
    }


def bulk_job(operation: str, rows: list[list[str]], find_by: str | None = None) -> Told:
    """Upload, create, wait and download."""
    calls = bulk_write.BulkWriteOperations()
    headers = HeaderMap()
    headers.add(bulk_write.UploadFileHeader.feature, "bulk-write")
    headers.add(bulk_write.UploadFileHeader.x_crm_org, ZGID)
    body = bulk_write.FileBodyWrapper()
    body.set_file(StreamWrapper("rows.zip", zipped([["Email", "Last_Name", "Company"], *rows])))
    uploaded = calls.upload_file(body, headers)
    file_id = uploaded.get_object().get_details()["file_id"]
    created = calls.create_bulk_write_job(request(str(file_id), operation, find_by))
    job_id = str(created.get_object().get_details()["id"])
    ended = wait(
        lambda: calls.get_bulk_write_job_details(job_id),
        lambda answer: answer.get_object().get_status() in ("COMPLETED", "FAILED"),
    )
    result = calls.download_bulk_write_result(ended.get_object().get_result().get_download_url())
    return {
        "upload": told(uploaded),
        "create": told(created),
        "details": told(ended),
        "result": unzipped(result),
    }


def request(
    file_id: str, operation: str = "insert", find_by: str | None = None
) -> bulk_write.RequestWrapper:
    resource = bulk_write.Resource()
    resource.set_type(Choice("data"))
    resource.set_module(module_named("Leads"))
    resource.set_file_id(file_id)
    resource.set_field_mappings(
        [mapping(name, index) for index, name in enumerate(("Email", "Last_Name", "Company"))]
    )
    if find_by:
        resource.set_find_by(find_by)
    wrapper = bulk_write.RequestWrapper()
    wrapper.set_operation(Choice(operation))
    wrapper.set_character_encoding("UTF-8")
    wrapper.set_ignore_empty(True)
    wrapper.set_resource([resource])
    return wrapper


def mapping(name: str, index: int) -> bulk_write.FieldMapping:
    one = bulk_write.FieldMapping()
    one.set_api_name(name)
    one.set_index(index)
    return one


def records() -> Told:
    """One lead's life: created, read, changed, met again by an upsert, found, deleted."""
    leads = record.RecordOperations("Leads")
    created = leads.create_records(body(person("Hopper", Email="grace@sdk.example.com")))
    grace = int(details_of(created)["id"])
    changed = person("Murray Hopper", id=grace, Annual_Revenue=1200.5, No_of_Employees=7)
    again = person("Hopper", Email="grace@sdk.example.com", Rating=Choice("Active"))
    fields = (record.GetRecordsParam.fields, "Last_Name,Email,Lead_Source,Created_Time,Owner")
    return {
        "record_create": told(created),
        "record_get": told(leads.get_record(grace)),
        "record_update": told(leads.update_record(grace, body(changed))),
        "record_mixed": told(
            leads.create_records(
                body(person("Fine"), person("Clash", Email="grace@sdk.example.com"), person(None))
            )
        ),
        "record_upsert": told(leads.upsert_records(body(again, keys=["Email"]))),
        "record_list": told(
            leads.get_records(params(fields, (record.GetRecordsParam.per_page, 3)))
        ),
        "record_none": told(leads.get_record(1)),
        "record_not_modified": told(leads.get_record(grace, None, modified_since(2100))),
        "record_delete": told(leads.delete_record(grace)),
        "record_deleted": told(
            leads.get_deleted_records(params((record.GetDeletedRecordsParam.type, "recycle")))
        ),
    }


def quote_lines() -> Told:
    """A quote with one line item, written and read back."""
    product = record.RecordOperations("Products").create_records(
        body(filled({"Product_Name": "SDK winch", "Unit_Price": 12.5}))
    )
    item = record.LineItemProduct()
    item.set_id(int(details_of(product)["id"]))
    line = filled({"Product_Name": item, "Quantity": 4.0, "List_Price": 12.5})
    quotes = record.RecordOperations("Quotes")
    created = quotes.create_records(body(filled({"Subject": "Winches", "Quoted_Items": [line]})))
    quote = int(details_of(created)["id"])
    return {"quote_create": told(created), "quote_get": told(quotes.get_record(quote))}


def finding() -> Told:
    leads = record.RecordOperations("Leads")
    search = record.SearchRecordsParam
    query = coql.BodyWrapper()
    query.set_select_query(
        "select id, Email, Last_Name from Leads where Email = 'ada@sdk.example.com' limit 0, 10"
    )
    broken = coql.BodyWrapper()
    broken.set_select_query("select from Leads")
    criteria = "((Email:equals:ada@sdk.example.com)or(Last_Name:starts_with:King))"
    return {
        "search_criteria": told(leads.search_records(params((search.criteria, criteria)))),
        "search_email": told(leads.search_records(params((search.email, "ada@sdk.example.com")))),
        "search_word": told(leads.search_records(params((search.word, "Analytical")))),
        "search_none": told(leads.search_records(params((search.email, "no@sdk.example.com")))),
        "count": told(leads.record_count()),
        "coql": told(coql.CoqlOperations().get_records(query)),
        "coql_broken": told(coql.CoqlOperations().get_records(broken)),
    }


def mass_actions() -> Told:
    leads = record.RecordOperations("Leads")
    created = leads.create_records(body(person("One"), person("Two")))
    ids = [int(one.get_details()["id"]) for one in created.get_object().get_data()]
    by_ids = told(leads.mass_update_records(mass_update(ids=[str(i) for i in ids])))
    update = leads.mass_update_records(mass_update(cvid=all_view("Leads")))
    job_id = (record.GetMassUpdateStatusParam.job_id, str(details_of(update)["job_id"]))
    updated = wait(
        lambda: leads.get_mass_update_status(params(job_id)),
        lambda answer: choice(answer.get_object().get_data()[0].get_status()) == "COMPLETED",
    )
    deleting = mass_delete_cvid.MassDeleteCvidOperations("Leads")
    chosen = mass_delete_cvid.RecordIdBodyWrapper()
    chosen.set_ids(ids)
    view = mass_delete_cvid.CvidBodyWrapper()
    view.set_cvid(int(all_view("Campaigns")))
    campaigns = mass_delete_cvid.MassDeleteCvidOperations("Campaigns")
    delete = campaigns.mass_delete_by_cvid(view)
    delete_id = (
        mass_delete_cvid.GetMassDeleteStatusParam.job_id,
        int(details_of(delete)["job_id"]),
    )
    deleted = wait(
        lambda: campaigns.get_mass_delete_status(params(delete_id)),
        lambda answer: choice(answer.get_object().get_data()[0].get_status()) == "COMPLETED",
    )
    return {
        "mass_update": by_ids,
        "mass_update_view": told(update),
        "mass_update_status": told(updated),
        "mass_delete": told(deleting.mass_delete_by_record_id(chosen)),
        "mass_delete_view": told(delete),
        "mass_delete_status": told(deleted),
    }


def mass_update(**chosen: Any) -> record.MassUpdateBodyWrapper:
    wrapper = record.MassUpdateBodyWrapper()
    wrapper.set_data([filled({"City": "Delft"})])
    wrapper.set_over_write(True)
    for name, value in chosen.items():
        getattr(wrapper, f"set_{name}")(value)
    return wrapper


def bulk_reading() -> Told:
    calls = bulk_read.BulkReadOperations()
    criterion = bulk_read.Criteria()
    criterion.set_field(field_named("Email"))
    criterion.set_comparator(Choice("in"))
    criterion.set_value(["ada@sdk.example.com", "mary@sdk.example.com"])
    query = bulk_read.Query()
    query.set_module(module_named("Leads"))
    query.set_fields(["Email", "Last_Name", "Owner"])
    query.set_criteria(criterion)
    wrapper = bulk_read.BodyWrapper()
    wrapper.set_query(query)
    created = calls.create_bulk_read_job(wrapper)
    job_id = int(details_of(created)["id"])
    ended = wait(
        lambda: calls.get_bulk_read_job_details(job_id),
        lambda answer: choice(answer.get_object().get_data()[0].get_state()) == "COMPLETED",
    )
    return {
        "bulk_read_create": told(created),
        "bulk_read_details": told(ended),
        "bulk_read_result": unzipped(calls.download_result(job_id)),
    }


def recycling() -> Told:
    calls = recycle_bin.RecycleBinOperations()
    listed = calls.get_recyclebin_records()
    first = listed.get_object().get_recycle_bin()[0].get_id()
    ids = (recycle_bin.DeleteRecycleBinRecordsParam.ids, str(first))
    return {
        "recycle_bin": told(listed),
        "recycle_bin_delete": told(calls.delete_recyclebin_records(params(ids))),
    }


def body(*given: record.Record, keys: list[str] | None = None) -> record.BodyWrapper:
    wrapper = record.BodyWrapper()
    wrapper.set_data(list(given))
    wrapper.set_trigger([])
    if keys:
        wrapper.set_duplicate_check_fields(keys)
    return wrapper


def person(last_name: str | None, **more: Any) -> record.Record:
    """A lead; without a last name it cannot be created."""
    named = {"Last_Name": last_name} if last_name else {}
    values = {"Company": "Navy", "Lead_Source": Choice("Trade Show"), **named, **more}
    return filled(values)


def filled(values: dict[str, Any]) -> record.Record:
    one = record.Record()
    for name, value in values.items():
        one.add_key_value(name, value)
    return one


def module_named(api_name: str) -> MinifiedModule:
    module = MinifiedModule()
    module.set_api_name(api_name)
    return module


def field_named(api_name: str) -> MinifiedField:
    field = MinifiedField()
    field.set_api_name(api_name)
    return field


def all_view(module: str) -> str:
    """The id of the view that shows every record of a module."""
    answer = CustomViewsOperations().get_custom_views(params((GetCustomViewsParam.module, module)))
    return str(answer.get_object().get_custom_views()[0].get_id())


def params(*pairs: tuple[Any, Any]) -> ParameterMap:
    given = ParameterMap()
    for param, value in pairs:
        given.add(param, value)
    return given


def modified_since(year: int) -> HeaderMap:
    headers = HeaderMap()
    moment = datetime.fromisoformat(f"{year}-01-01T00:00:00+00:00")
    headers.add(record.GetRecordHeader.if_modified_since, moment)
    return headers


def details_of(answer: APIResponse) -> dict[str, Any]:
    details: dict[str, Any] = answer.get_object().get_data()[0].get_details()
    return details


def wait(ask: Any, ended: Any) -> APIResponse:
    until = time.monotonic() + PATIENCE_S
    while True:
        answer = ask()
        if ended(answer):
            return answer
        if time.monotonic() > until:
            raise TimeoutError(told(answer))
        time.sleep(0.05)


def zipped(rows: list[list[str]]) -> io.BytesIO:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("Leads.csv", text.getvalue())
    archive.seek(0)
    return archive


PARTS = (
    metadata,
    bulk_writing,
    records,
    quote_lines,
    finding,
    mass_actions,
    bulk_reading,
    recycling,
)

if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
