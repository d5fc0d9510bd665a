"""The date patterns that Zoho lists are all understood."""

import pytest

from importer.practice.judging.java_dates import read_date

NUMERIC = [
    "dd/MM/yyyy",
    "MM/dd/yyyy",
    "dd/MM/yy",
    "MM/dd/yy",
    "yy/MM/dd",
    "dd.MM.yyyy",
    "MM.dd.yyyy",
    "yyyy.MM.dd",
    "dd.MM.yy",
    "MM.dd.yy",
    "yy.MM.dd",
    "yyyy-MM-dd",
    "dd-MMM-yyyy",
    "dd-MMM-yy",
    "yy-MMM-dd",
    "MMM-dd-yy",
    "dd/MMM/yyyy",
    "dd/MMM/yy",
    "yy/MMM/dd",
    "yyyy/MMM/dd",
    "MMM/dd/yyyy",
    "MMM/dd/yy",
    "dd.MMM.yyyy",
    "dd.MMM.yy",
    "yy.MMM.dd",
    "yyyy.MMM.dd",
    "MMM.dd.yyyy",
    "MMM.dd.yy",
    "dd-MMMM-yyyy",
    "dd-MMMM-yy",
    "yy-MMMM-dd",
    "yyyy-MMMM-dd",
    "MMMM-dd-yy",
    "MMMM-dd-yyyy",
    "dd/MMMM/yyyy",
    "dd/MMMM/yy",
    "yy/MMMM/dd",
    "yyyy/MMMM/dd",
    "dd.MMMM.yy",
    "yy.MMMM.dd",
    "yyyy.MMMM.dd",
    "MMMM.dd.yyyy",
]
SPACED = [
    *("dd MM yyyy", "MM dd yyyy", "yyyy MM dd", "dd MMM yyyy", "dd MMM yy", "yy MMM dd"),
    *("yyyy MMM dd", "MMM dd yyyy", "MMM dd,yyyy", "dd MMMM yyyy", "yyyy MMMM dd"),
    *("MMMM dd yy", "MMMM dd,yyyy"),
]
WORDS = {"MMMM": "August", "MMM": "Aug", "MM": "08", "dd": "16", "yyyy": "2017", "yy": "17"}


@pytest.mark.parametrize("pattern", [*NUMERIC, *SPACED])
def test_date_is_read_by_its_pattern(pattern):
    text = pattern
    for letters, word in WORDS.items():
        text = text.replace(letters, word)

    assert read_date(text, pattern).date().isoformat() == "2017-08-16"
