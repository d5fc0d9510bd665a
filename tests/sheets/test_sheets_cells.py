"""Number formats: what a stored number reads as on the screen."""

import pytest

from importer.sheets.cells import builtin_format, iso_text, seen, understand, unescape


@pytest.mark.parametrize(
    ("stored", "code", "text"),
    [
        ("501", "00000", "00501"),
        ("123456789", "000-00-0000", "123-45-6789"),
        ("123456789", r"0#\ ##\ ##\ ##\ ##", "01 23 45 67 89"),
        ("42", '"INV-0"0000', "INV-00042"),
        ("1234567", "000", "1234567"),
        ("-7", "000", "-007"),
        ("1.5", "000", "1.5"),
        ("1.1", "00.00", "01.10"),  # a code, such as those of industries
        ("-1.125", "00.0#", "-01.125"),
        ("12.3", '"No. "000.0', "No. 012.3"),
        ("501", "[<=99999]00000;00000-0000", "00501"),
        ("5010001", "[<=99999]00000;00000-0000", "00501-0001"),
        ("7", "[>9]000;[=7]0000", "0007"),
        ("8", "[>9]000;[=7]0000", "8"),
        ("0.5", "0%", "50%"),
        ("0.07", "0.0%", "7%"),
        ("0.12345", "0%", "12.345%"),
        ("6086.0", "General", "6086"),
        ("34911234567", "0", "34911234567"),
        ("5874.7200000000003", "General", "5874.72"),
        ("1.0E7", "General", "10000000"),
        ("1E-7", "General", "0.0000001"),
        ("12345678901234567890", "General", "12345678901234600000"),
        ("-0.0", "General", "0"),
        ("1234.5", "#,##0.00 [$€-407]", "1234.5"),
        ("1234.5", '#,##0.00 "days"', "1234.5"),
        ("1234567", "# ##0", "1234567"),
        ("45291", "dd/mm/yyyy", "2023-12-31"),
        ("45291", "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", "2023-12-31"),
        ("45291", "mmm-yy", "2023-12-31"),
        ("45291.5", "dd/mm/yyyy", "2023-12-31 12:00:00"),
        ("45291", "dd/mm/yyyy hh:mm", "2023-12-31 00:00:00"),
        ("45291.999999", "dd/mm/yyyy hh:mm", "2024-01-01 00:00:00"),
        ("0.354166666666667", "h:mm AM/PM", "08:30:00"),
        ("1.5", "[h]:mm", "36:00:00"),
        ("10.6319444444444", "[h]:mm:ss", "255:10:00"),
        ("-0.5", "[h]:mm", "-12:00:00"),
        ("1", "yyyy-mm-dd", "1900-01-01"),
        ("59", "yyyy-mm-dd", "1900-02-28"),
        ("60", "yyyy-mm-dd", "1900-02-29"),
        ("61", "yyyy-mm-dd", "1900-03-01"),
        ("-1", "yyyy-mm-dd", "-1"),
        ("3000000", "yyyy-mm-dd", "3000000"),
        ("1.7E308", "[h]:mm", "17" + "0" * 307),
        ("Infinity", "0", "Infinity"),
    ],
)
def test_seen_shows_a_number_as_its_format_does(stored, code, text):
    assert seen(stored, understand(code), from_1904=False).text == text


@pytest.mark.parametrize(
    ("stored", "text"), [("0", "1904-01-01"), ("43829", "2023-12-31"), ("60", "1904-03-01")]
)
def test_seen_counts_days_from_1904_where_the_workbook_does(stored, text):
    assert seen(stored, understand("yyyy-mm-dd"), from_1904=True).text == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "45291"),
        (14, "2023-12-31"),
        (22, "2023-12-31 00:00:00"),
        (31, "2023-12-31"),
        (49, "45291"),
    ],
)
def test_builtin_formats_are_known_by_number(number, text):
    assert seen("45291", understand(builtin_format(number)), from_1904=False).text == text


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        ("a_x000D_\nb", "a\r\nb"),
        ("_x005F_x000D_", "_x000D_"),
        ("_xD83D__xDE00_", "😀"),
        ("max_x_y", "max_x_y"),
    ],
)
def test_unescape_undoes_what_excel_escapes(stored, text):
    assert unescape(stored) == text


@pytest.mark.parametrize(
    ("stored", "text"),
    [("2023-12-31", "2023-12-31"), ("2023-12-31T08:30:00.000Z", "2023-12-31 08:30:00")],
)
def test_iso_text_takes_the_form_of_other_dates(stored, text):
    assert iso_text(stored) == text
