"""The words for problems."""

import pytest

from importer.checks.problems import KINDS, allowed, group_title, sentence
from importer.crm.schema import Field, Option

STAGE = Field("Stage", "Stage", "picklist", options=(Option("Open", "o"), Option("Won", "w")))


def words(code, **facts):
    known = {"row": 57, "column": "Name", "field_label": "Last Name", "value": "Wn"}
    return sentence(code, **known | facts)


def test_sentence_says_where_what_and_what_to_do():
    assert words("required_blank", column="last name", value=None) == (
        "Row 57: Last Name is empty. Zoho needs a value to create a record. "
        "Fill it in, or hold the row back."
    )


def test_sentence_names_the_column_where_it_is_called_otherwise():
    assert words("not_an_email").startswith(
        "Row 57: Last Name (column “Name”) says “Wn”, which is not an e-mail address."
    )


def test_sentence_suggests_or_tells_what_is_allowed():
    assert "Did you mean “w”?" in words("unknown_option", suggestion="w")
    assert "It takes Open, Won." in words(
        "unknown_option", allowed=allowed("unknown_option", STAGE)
    )


def test_sentence_without_a_row_begins_with_the_field():
    assert words("time_dropped", row=None).startswith("Last Name (column “Name”)")


def test_sentence_quotes_long_values_in_part():
    assert len(words("too_long", value="x" * 5_000, allowed="at most 80 characters")) < 250


@pytest.mark.parametrize("code", KINDS)
def test_sentence_of_every_kind_is_plain_and_whole(code):
    for suggestion in (None, "Won"):
        text = words(code, suggestion=suggestion, allowed="2 decimals")

        assert text.endswith((".", "?"))
        assert code not in text
        assert not set("{}*_") & set(text)


def test_sentence_leaves_braces_in_cells_alone():
    assert "“{label}”" in words("not_an_email", value="{label}")


def test_allowed_tells_the_fields_own_limits():
    assert allowed("too_long", Field("F", "F", "text", length=2000)) == "at most 2,000 characters"
    assert allowed("truncated_decimals", Field("F", "F", "double", decimal_places=1)) == "1 decimal"
    assert allowed("not_an_email", Field("F", "F", "email")) is None


def test_group_title_names_the_cause():
    assert group_title("unknown_option", column="Stage", field_label="Stage") == (
        "Stage is not one of the options"
    )
    assert group_title("row_blank", column=None, field_label=None) == (
        "The row has nothing to send"
    )
