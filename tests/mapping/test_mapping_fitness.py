"""What keeps a mapping from fitting."""

import pytest

from importer.crm.schema import Field, Module, Operation
from importer.mapping import (
    ColumnMapping,
    FixedValue,
    InvalidMapping,
    Mapping,
    fitting,
    missing_fields,
)

MODULE = Module(
    "Leads",
    "Leads",
    "Lead",
    (
        Field("Last_Name", "Last Name", "text", required=True),
        Field("Company", "Company", "text", required=True),
        Field("Email", "Email", "email", unique=True),
        Field("Created_Time", "Created Time", "datetime", creatable=False, updatable=False),
        Field("Phone", "Phone", "phone"),
        Field("Owner", "Lead Owner", "ownerlookup"),
        Field("Origin", "Origin", "text", updatable=False),
    ),
)
NAME = ColumnMapping("Name", "Last_Name")
MAIL = ColumnMapping("Mail", "Email")
HEADERS = ["Name", "Mail", "Firm"]


def misfits(mapping, operation=Operation.INSERT, find_by=None):
    return fitting(mapping, HEADERS, MODULE, operation, find_by)


def test_fitting_is_silent_about_a_mapping_that_fits():
    assert misfits(Mapping((NAME, MAIL)), Operation.UPSERT, "Email") == ()


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        (Mapping((ColumnMapping("Gone", "Company"),)), "no column “Gone”"),
        (Mapping((ColumnMapping("Firm", "Shoe_Size"),)), "no field “Shoe_Size”"),
        (Mapping((ColumnMapping("Firm", "Created_Time"),)), "Created Time cannot be filled"),
        (Mapping((NAME,), (FixedValue("Last_Name", "x"),)), "Last Name is filled 2 times"),
        (Mapping((NAME, ColumnMapping("Name", "Company"))), "“Name” is matched 2 times"),
    ],
)
def test_fitting_says_what_does_not_fit(mapping, words):
    (sentence,) = misfits(mapping)

    assert words in sentence


@pytest.mark.parametrize(
    ("mapping", "find_by", "words"),
    [
        (Mapping((NAME,)), None, "Choose the field that finds the records"),
        (Mapping((NAME,)), "Email", "a column must be matched to it"),
        (Mapping((NAME,), (FixedValue("Email", "a@b.co"),)), "Email", "the same value"),
        (Mapping((NAME,)), "Last_Name", "does not keep it unique"),
    ],
)
def test_fitting_needs_a_match_field_that_finds_records(mapping, find_by, words):
    (sentence,) = misfits(mapping, Operation.UPDATE, find_by)

    assert words in sentence


def test_fitting_counts_columns_beyond_what_zoho_takes():
    fields = tuple(Field(f"F{n}", f"Field {n}", "text") for n in range(214))
    module = Module("Leads", "Leads", "Lead", fields)
    mapping = Mapping(tuple(ColumnMapping(f"c{n}", f"F{n}") for n in range(214)))

    sentences = fitting(mapping, [f"c{n}" for n in range(214)], module, Operation.INSERT, None)

    assert sentences == (
        "214 columns are matched; Zoho takes 200 at a time. Unmatch 14, or import twice.",
    )


@pytest.mark.parametrize(
    ("field", "why"),
    [
        ("Last_Name", "Last Name cannot be cleared: Zoho needs a value in every record."),
        ("Owner", "Lead Owner cannot be cleared: Zoho needs a value in every record."),
        ("Origin", "Origin cannot be cleared: Zoho does not let it be changed."),
        ("Email", "Email cannot be cleared: it finds the records."),
    ],
)
def test_fitting_says_what_cannot_be_cleared(field, why):
    columns = {"Email": MAIL} | {field: ColumnMapping("Firm", field, clears=True)}

    (sentence,) = misfits(Mapping(tuple(columns.values())), Operation.UPSERT, "Email")

    assert sentence == f"{why} Choose something else for its empty cells."


@pytest.mark.parametrize(
    ("operation", "column"),
    [
        (Operation.UPDATE, ColumnMapping("Firm", "Phone", clears=True)),
        (Operation.UPDATE, ColumnMapping("Firm", "Company", fill="Acme", clears=True)),
        (Operation.INSERT, ColumnMapping("Firm", "Company", clears=True)),
    ],
    ids=["can be cleared", "a value is used", "nothing to clear"],
)
def test_fitting_is_silent_about_what_is_cleared_rightly_or_not_at_all(operation, column):
    assert misfits(Mapping((MAIL, column)), operation, "Email") == ()


def test_clearing_names_the_fields_whose_blanks_erase():
    mapping = Mapping(
        (
            ColumnMapping("Mail", "Email", clears=True),
            ColumnMapping("Tel", "Phone", clears=True),
            ColumnMapping("Firm", "Company", fill="Acme", clears=True),
            ColumnMapping("Name", "Last_Name"),
        )
    )

    assert mapping.clearing(Operation.UPDATE, "Email") == ("Phone",)
    assert mapping.clearing(Operation.UPSERT, "Phone") == ("Email",)
    assert mapping.clearing(Operation.INSERT, "Email") == ()


def test_mapping_without_answers_still_clears():
    column = ColumnMapping("Tel", "Phone", values={"n/a": ""}, clears=True)

    bare = Mapping((column,), repeats="last").without_answers()

    assert bare == Mapping((ColumnMapping("Tel", "Phone", clears=True),))


def test_missing_fields_are_those_that_nothing_fills():
    mapping = Mapping((NAME,), (FixedValue("Company", ""),))

    assert [f.api_name for f in missing_fields(mapping, MODULE, Operation.UPSERT)] == ["Company"]
    assert missing_fields(Mapping(), MODULE, Operation.UPDATE) == ()


def test_mapping_comes_back_from_json_as_it_was():
    day = ColumnMapping("Day", "Start", "2025-01-01", "dmy", ",", {"n/a": ""})
    phone = ColumnMapping("Tel", "Phone", clears=True)
    mapping = Mapping((day, phone), (FixedValue("Company", "Acme"),), "last")

    assert Mapping.from_json(mapping.to_json()) == mapping


def test_mapping_that_clears_nothing_is_written_as_before_it_could():
    entry = {"column": "Tel", "field": "Phone", "fill": "", "date_order": None}
    before = {"columns": [entry | {"decimal_mark": None, "values": {}}], "fixed": []}
    before["repeats"] = "hold"

    assert Mapping.from_json(before) == Mapping((ColumnMapping("Tel", "Phone"),))
    assert Mapping.from_json(before).to_json() == before


@pytest.mark.parametrize(
    "data",
    [
        [],
        {"columns": [{}]},
        {"colums": []},
        {"repeats": "some"},
        {"columns": [{"column": "Tel", "field": "Phone", "clears": "false"}]},
    ],
)
def test_mapping_refuses_json_that_is_none(data):
    with pytest.raises(InvalidMapping):
        Mapping.from_json(data)
