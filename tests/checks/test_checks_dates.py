"""Dates and date-times: one order a column, month names, times, zones."""

import pytest

from importer.crm.schema import Field

DATE = Field("F", "F", "date")
MOMENT = Field("F", "F", "datetime")


def values(verdicts):
    return [value for value, _ in verdicts]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["03/04/2025", "31/12/2024"], ["2025-04-03", "2024-12-31"]),
        (["03/04/2025", "12/31/2024"], ["2025-03-04", "2024-12-31"]),
        (["3.4.2025", "13.4.2025"], ["2025-04-03", "2025-04-13"]),
        (["05-05-2025"], ["2025-05-05"]),
        (["2025-04-03", "2025/4/3", "2025.04.03"], ["2025-04-03"] * 3),
        (["12/31/99", "1/2/03"], ["1999-12-31", "2003-01-02"]),
        (["31/12/49", "31/12/50"], ["2049-12-31", "1950-12-31"]),
    ],
)
def test_date_column_is_read_in_the_order_that_fits_all_of_it(judge, texts, expected):
    assert values(judge(DATE, *texts)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "3 Apr 2025", "3-Apr-25", "Apr 3, 2025", "April 3rd, 2025", "3rd April 2025",
        "2025 Apr 03", "3. April 2025", "03/APR/2025", "2025-04-03 00:00:00",
    ],
)  # fmt: skip
def test_date_with_a_month_name_or_year_first_has_one_reading(judge, text):
    assert judge(DATE, text) == [("2025-04-03", None)]


def test_date_with_two_readings_waits_for_an_answer(judge):
    texts = ["03/04/2025", "2025-01-31", "05/05/2025"]

    assert judge(DATE, *texts) == [
        (None, "two_readings"),
        ("2025-01-31", None),
        ("2025-05-05", None),
    ]
    assert values(judge(DATE, *texts, date_order="dmy"))[0] == "2025-04-03"
    assert values(judge(DATE, *texts, date_order="mdy"))[0] == "2025-03-04"


def test_date_with_two_digit_years_may_have_three_readings(judge):
    assert judge(DATE, "03/04/05") == [(None, "two_readings")]
    assert values(judge(DATE, "03/04/05", date_order="ymd")) == ["2003-04-05"]


def test_date_column_with_both_orders_holds_back_what_is_ambiguous(judge):
    assert judge(DATE, "31/12/2024", "12/31/2024", "03/04/2025") == [
        ("2024-12-31", None),
        ("2024-12-31", None),
        (None, "two_readings"),
    ]


def test_date_against_the_chosen_order_is_a_problem(judge):
    assert judge(DATE, "03/04/2025", "12/31/2024", date_order="dmy") == [
        ("2025-04-03", None),
        (None, "not_a_date"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "soon", "30 Feb 2025", "2025-13-01", "45678", "2025", "1/2", "31/31/2025", "03/04-2025",
        "0000-01-01", "3 Foo 2025", "2025-04-03 25:00", "1900-01-00",
    ],
)  # fmt: skip
def test_date_that_is_none_is_a_problem(judge, text):
    assert judge(DATE, text) == [(None, "not_a_date")]


def test_date_keeps_its_day_whatever_zone_its_time_is_in(judge):
    assert judge(DATE, "2025-04-03T23:30:00Z", time_zone="Asia/Tokyo") == [
        ("2025-04-03", "time_dropped")
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2025-04-03T14:30:05", "2025-04-03 14:30:05"),
        ("2025-04-03 14:30", "2025-04-03 14:30:00"),
        ("2025-04-03", "2025-04-03 00:00:00"),
        ("2025-04-03 12:05 AM", "2025-04-03 00:05:00"),
        ("3 Apr 2025, 2:30 p.m.", "2025-04-03 14:30:00"),
        ("2025-04-03T14:30:05.123Z", "2025-04-03 16:30:05"),
        ("2025-01-03T14:30:05Z", "2025-01-03 15:30:05"),
        ("2025-04-03 14:30:05 +0530", "2025-04-03 11:00:05"),
        ("2025-04-03T23:30:00-05:00", "2025-04-04 06:30:00"),
        ("2025-04-03 14:30 UTC", "2025-04-03 16:30:00"),
    ],
)
def test_datetime_is_what_the_clock_of_the_zone_shows(judge, text, value):
    assert judge(MOMENT, text, time_zone="Europe/Berlin") == [(value, None)]


@pytest.mark.parametrize("text", ["2025-04-03 24:00", "2025-04-03 13:00 pm", "10:30"])
def test_datetime_that_is_none_is_a_problem(judge, text):
    assert judge(MOMENT, text) == [(None, "not_a_datetime")]
