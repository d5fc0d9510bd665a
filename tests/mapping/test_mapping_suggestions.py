"""Which field a header suggests."""

import pytest

from importer.crm.schema import Field, Module, Operation
from importer.mapping import suggest
from importer.mapping.suggestions import normalised

MODULE = Module(
    "Contacts",
    "Contacts",
    "Contact",
    (
        Field("id", "Record Id", "bigint", creatable=False, updatable=False),
        Field("Last_Name", "Last Name", "text"),
        Field("Email", "Email", "email"),
        Field("Mailing_City", "City", "text"),
        Field("Created_Time", "Created Time", "datetime", creatable=False, updatable=False),
        Field("Lead_Source", "Origin", "picklist", updatable=False),
    ),
)


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Last Name", "Last_Name"),
        ("Last_Name", "Last_Name"),
        (" last-NAME ", "Last_Name"),
        ("É-mail", "Email"),
        ("mailing city", "Mailing_City"),
        ("Origin", "Lead_Source"),
    ],
)
def test_suggest_knows_a_field_by_its_names(header, field):
    assert suggest([header], MODULE, Operation.INSERT)[header].field == field


@pytest.mark.parametrize("header", ["Surname", "", "Created Time", "Emails", "Record Id"])
def test_suggest_stays_silent_where_no_writable_field_is_named(header):
    assert suggest([header], MODULE, Operation.INSERT) == {}


def test_suggest_offers_what_the_operation_can_fill():
    found = suggest(["Origin", "Record Id"], MODULE, Operation.UPDATE, "id")

    assert {header: s.field for header, s in found.items()} == {"Record Id": "id"}
    assert suggest(["Record Id"], MODULE, Operation.UPDATE, "Email") == {}


def test_suggest_gives_a_field_to_the_first_column_that_names_it_best():
    found = suggest(["e-mail", "Email", "EMAIL"], MODULE, Operation.INSERT)

    assert {header: s.field for header, s in found.items()} == {"Email": "Email"}


def test_suggest_tells_why():
    reasons = suggest(["Last Name", "Email", "city"], MODULE, Operation.INSERT)

    assert reasons["Last Name"].reason == "The header is the field's name."
    assert reasons["city"].reason == "The header reads like “City”."


def test_normalised_keeps_letters_of_every_script():
    assert normalised("Straße_Nr. 1") == "strassenr1"
    assert normalised("姓 名") == "姓名"
