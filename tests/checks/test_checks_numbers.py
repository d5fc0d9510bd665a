"""Numbers: one decimal mark a column, digits, signs."""

import pytest

from importer.crm.schema import Field

MONEY = Field("F", "F", "currency", length=16, decimal_places=2)
DECIMAL = Field("F", "F", "double", length=16, decimal_places=9)
WHOLE = Field("F", "F", "integer", length=9)


def values(verdicts):
    return [value for value, _ in verdicts]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["1.000", "1,5"], ["1000", "1.5"]),
        (["1,000", "1.5"], ["1000", "1.5"]),
        (["1.234.567", "1.000"], ["1234567", "1000"]),
        (["1,00,000", "2,000"], ["100000", "2000"]),
        (["1.355,90", "12"], ["1355.9", "12"]),
        (["13,75"], ["13.75"]),
        (["0.500", "1.250"], ["0.5", "1.25"]),
        (["1 234,5", "1\u202f000"], ["1234.5", "1000"]),
        (["1'234.50"], ["1234.5"]),
        (["7", "1e3", "2.5E-2"], ["7", "1000", "0.025"]),
    ],
)
def test_number_column_is_read_with_the_mark_that_fits_all_of_it(judge, texts, expected):
    assert values(judge(DECIMAL, *texts)) == expected


def test_number_with_two_readings_waits_for_an_answer(judge):
    texts = ["1.000", "12", "2.500"]

    assert judge(DECIMAL, *texts) == [
        (None, "two_readings"),
        ("12", None),
        (None, "two_readings"),
    ]
    assert values(judge(DECIMAL, *texts, decimal_mark=".")) == ["1", "12", "2.5"]
    assert values(judge(DECIMAL, *texts, decimal_mark=",")) == ["1000", "12", "2500"]


def test_number_column_with_both_marks_holds_back_what_is_ambiguous(judge):
    assert judge(DECIMAL, "1.5", "1,5", "1.000") == [
        ("1.5", None),
        ("1.5", None),
        (None, "two_readings"),
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("€ 12.50", "12.5"),
        ("12.50 EUR", "12.5"),
        ("US$1,234.50", "1234.5"),
        ("-$5", "-5"),
        ("$-5", "-5"),
        ("(5.25)", "-5.25"),
        ("5-", "-5"),
        ("\u22125", "-5"),
        ("+5", "5"),
        ("007", "7"),
        (".5", "0.5"),
        ("5.", "5"),
        ("-0.00", "0"),
    ],
)
def test_number_is_written_plainly(judge, text, value):
    assert judge(MONEY, text) == [(value, None)]


@pytest.mark.parametrize(
    "text", ["x", "12a", "1.2.3", "--5", "(5", "(-5)", "1,23,4.5", "ABC 5", "5 %", "$", "."]
)
def test_number_that_is_none_is_a_problem(judge, text):
    assert judge(MONEY, text) == [(None, "not_a_number")]


def test_percent_may_have_its_sign(judge):
    field = Field("F", "F", "percent", length=5, decimal_places=2)

    assert judge(field, "50%", "12.5 %", "7") == [("50", None), ("12.5", None), ("7", None)]


def test_whole_number_takes_no_fraction_but_a_zero_one(judge):
    assert judge(WHOLE, "12.0", "12.5", "1234567890") == [
        ("12", None),
        (None, "not_whole"),
        (None, "too_many_digits"),
    ]


def test_long_integer_keeps_its_leading_zeros(judge):
    field = Field("F", "F", "bigint", length=18)

    assert judge(field, "0012345600012") == [("0012345600012", None)]


def test_decimals_beyond_the_field_are_cut_with_a_warning(judge):
    assert judge(MONEY, "1.239", "1.230", "1.2") == [
        ("1.23", "truncated_decimals"),
        ("1.23", None),
        ("1.2", None),
    ]
