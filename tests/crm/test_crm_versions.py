"""Requests as each version of the API wants them, and answers in any version's shape."""

import ast
from pathlib import Path

import httpx
import pytest

from importer.crm import client as client_module
from importer.crm.jobs import ChildFile, FieldMapping, JobRequest
from importer.crm.schema import Operation
from importer.crm.versions import (
    API_VERSIONS,
    VERSIONS,
    duplicate_id,
    is_case_sensitive,
    is_writable,
    name_of,
)

CRM = Path(client_module.__file__).parent
REQUEST = JobRequest(
    "Leads",
    Operation.UPSERT,
    "9",
    "leads.csv",
    (FieldMapping("Email", 0),),
    find_by="Email",
    ignore_empty=False,
)


def test_versions_are_offered_with_the_recommended_one_first():
    assert API_VERSIONS == ("v7", "v8", "v2")


@pytest.mark.parametrize("version", ["v7", "v8"])
def test_job_names_modules_by_objects_and_its_files(version):
    assert REQUEST.to_json(VERSIONS[version])["resource"] == [
        {
            "type": "data",
            "module": {"api_name": "Leads"},
            "file_id": "9",
            "file_names": ["leads.csv"],
            "find_by": "Email",
            "ignore_empty": False,
            "field_mappings": [{"api_name": "Email", "index": 0}],
        }
    ]


def test_job_of_v2_names_modules_by_strings_and_the_blank_rule_with_each_field():
    assert REQUEST.to_json(VERSIONS["v2"])["resource"] == [
        {
            "type": "data",
            "module": "Leads",
            "file_id": "9",
            "find_by": "Email",
            "ignore_empty": False,
            "field_mappings": [{"api_name": "Email", "index": 0, "ignore_empty": False}],
        }
    ]


def test_job_names_each_childs_file_and_its_column_in_the_parents():
    child = ChildFile("Lines", "lines.csv", (FieldMapping("Parent_Id", 2, parent_index=0),))
    request = JobRequest("Leads", Operation.INSERT, "9", "leads.csv", (), children=(child,))

    [_, resource] = request.to_json(VERSIONS["v8"])["resource"]

    assert resource == {
        "type": "data",
        "module": {"api_name": "Lines"},
        "file_id": "9",
        "file_names": ["lines.csv"],
        "ignore_empty": True,
        "field_mappings": [{"api_name": "Parent_Id", "index": 2, "parent_column_index": 0}],
    }


@pytest.mark.parametrize("version", API_VERSIONS)
def test_every_address_has_the_version_in_it(connect, caller, version):
    crm = connect(api_version=version)
    crm.organisation()
    list(crm.records.all("Leads", ["City"]))

    asked = [one["call"] for one in caller.http.get("/control/calls").json()["calls"]]

    assert f"GET /crm/{version}/org" in asked
    assert f"GET /crm/{version}/Leads" in asked
    assert [call for call in asked if "/crm/" in call and f"/{version}/" not in call] == []


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"api_name": "Leads", "id": "1"}, "Leads"),
        ({"module": "Lines", "id": "1"}, "Lines"),
        ("Leads", "Leads"),
        ({}, None),
        (None, None),
        ("", None),
    ],
)
def test_name_is_read_from_an_object_or_a_string(given, name):
    assert name_of(given) == name


@pytest.mark.parametrize(
    ("unique", "sensitive"),
    [
        ({}, False),
        ({"casesensitive": False}, False),
        ({"casesensitive": True}, True),
        ({"case_sensitive": True}, True),
    ],
)
def test_case_sensitivity_is_spelled_in_two_ways(unique, sensitive):
    assert is_case_sensitive(unique) is sensitive


@pytest.mark.parametrize(
    ("field", "writable"),
    [
        ({"operation_type": {"api_create": True}, "read_only": True}, True),
        ({"operation_type": {"api_create": False}}, False),
        ({"read_only": True}, False),
        ({"operation_type": None}, True),
    ],
)
def test_read_only_counts_only_where_operation_type_is_missing(field, writable):
    assert is_writable(field, "create") is writable


@pytest.mark.parametrize(
    ("details", "found"),
    [
        ({"api_name": "Email", "id": 57}, "57"),
        ({"api_name": "Email", "duplicate_record": {"id": "57", "Owner": {"id": "1"}}}, "57"),
        ({"api_name": "Email"}, None),
    ],
)
def test_record_in_the_way_is_named_in_two_ways(details, found):
    assert duplicate_id(details) == found


def test_lookup_of_v2_names_its_module_by_a_string(client, crm):
    field = {"api_name": "Partner", "data_type": "lookup", "lookup": {"module": "Accounts"}}
    crm.script = [
        httpx.Response(200, json={"modules": [{"api_name": "Leads"}]}),
        httpx.Response(200, json={"fields": [field]}),
        httpx.Response(204),
        httpx.Response(200, json={"users": [{"id": "5"}]}),
    ]

    assert client.module("Leads").field("Partner").lookup_module == "Accounts"


def test_versions_are_known_in_one_place_only():
    """No other module of the client has a version's name in its code, beyond a default."""
    named = {
        path.name
        for path in CRM.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and node.value in API_VERSIONS
    }

    assert named <= {"versions.py", "client.py"}
