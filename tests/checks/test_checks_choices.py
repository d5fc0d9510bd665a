"""Picklists, multi-select picklists and checkboxes."""

import pytest

from importer.checks import UnknownOption, ask
from importer.crm.schema import Field, Module, Operation, Option
from importer.mapping import ColumnMapping, Mapping

STAGE = Field(
    "Stage",
    "Stage",
    "picklist",
    options=(Option("Closed Won", "Closed Won"), Option("Closed Lost", "Closed Lost"),
             Option("Houston", "Houston Showroom")),
)  # fmt: skip
TAGS = Field(
    "Tags",
    "Tags",
    "multiselectpicklist",
    options=(Option("Oil", "oil"), Option("Gas", "gas"), Option("Oil, Gas", "both")),
)
FLAG = Field("Flag", "Flag", "boolean")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Closed Won", "Closed Won"),
        (" closed  WON", "Closed Won"),
        ("closedwon", "Closed Won"),
        ("Houston", "Houston Showroom"),
        ("houston showroom", "Houston Showroom"),
    ],
)
def test_option_is_known_by_label_and_value(judge, text, value):
    assert judge(STAGE, text) == [(value, None)]


def test_option_that_is_unknown_is_a_problem_until_the_mapping_tells(judge):
    assert judge(STAGE, "Won", "n/a") == [(None, "unknown_option")] * 2
    assert judge(STAGE, "WON ", "n/a", values={"won": "Closed Won", "N/A": ""}) == [
        ("Closed Won", None),
        (None, None),
    ]


def test_option_given_by_the_mapping_must_exist(judge):
    assert judge(STAGE, "Won", values={"Won": "Victory"}) == [(None, "unknown_option")]


def test_picklist_without_options_takes_any_text(judge):
    assert judge(Field("F", "F", "picklist"), "anything") == [("anything", None)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Oil;gas", "oil;gas"),
        ("gas, oil, GAS", "gas;oil"),
        ("Oil, Gas", "both"),
        ("Oil, Gas; Gas", "both;gas"),
        ("; oil ;", "oil"),
    ],
)
def test_several_options_are_split_at_semicolons_or_commas(judge, text, value):
    assert judge(TAGS, text) == [(value, None)]


def test_several_options_take_the_mappings_values_one_by_one(judge):
    assert judge(TAGS, "oil; petrol", "n/a") == [(None, "unknown_option")] * 2
    assert judge(TAGS, "oil; petrol", "n/a", values={"Petrol": "gas", "n/a": ""}) == [
        ("oil;gas", None),
        (None, None),
    ]


@pytest.mark.parametrize("text", ["true", "YES", "y", "1", "x", "on", "✓"])
def test_checkbox_knows_a_yes(judge, text):
    assert judge(FLAG, text) == [("true", None)]


@pytest.mark.parametrize("text", ["False", "no", "N", "0", "off"])
def test_checkbox_knows_a_no(judge, text):
    assert judge(FLAG, text) == [("false", None)]


def test_checkbox_left_blank_stays_blank(judge):
    assert judge(FLAG, None, "perhaps") == [(None, None), (None, "not_a_yes_no")]


def test_ask_counts_unknown_options_once_each_and_suggests(stage):
    table = stage(s=["Won", "won", "Closed Won", "lost", None, "zebra"])
    mapping = Mapping((ColumnMapping("s", "Stage", values={"zebra": ""}),))
    module = Module("Deals", "Deals", "Deal", (STAGE,))

    (question,) = ask(table, mapping, module, Operation.INSERT, None)

    assert (question.kind, question.column, question.rows) == ("options", "s", 4)
    assert question.unknown == (
        UnknownOption("Won", 2, "Closed Won"),
        UnknownOption("lost", 1, "Closed Lost"),
        UnknownOption("zebra", 1, None),
    )


def test_ask_names_at_most_200_texts(stage):
    table = stage(s=[f"text {n}" for n in range(300)])
    module = Module("Deals", "Deals", "Deal", (STAGE,))

    (question,) = ask(table, Mapping((ColumnMapping("s", "Stage"),)), module, "insert", None)

    assert (question.rows, len(question.unknown)) == (300, 200)
