"""Texts, e-mail addresses, phone numbers, web addresses and record ids."""

import random
import re

import pytest

from importer.crm.schema import Field

# Zoho's published patterns in Python's dialect, as the API reference gives them.
EMAIL = (
    r"^[+\-\w][\w!#$%&'*+\-/=?^`{|}~.]*@(?=.{4,256}$)"
    r"(?:[^\W_]+(?:[-_]*[^\W_])*\.)+[^\W\d_]{2,22}$"
)
PHONE = (
    r"^([+]?)(?![.-])(?>(?>[.-]?[ ]?[\da-zA-Z]+)+|([ ]?\((?![.-])(?>[ .-]?[\da-zA-Z]+)+\)"
    r"(?![.])([ -]?[\da-zA-Z]+)?)+)+(?>(?>([,]+)?[;]?[\da-zA-Z]+)+((#[\da-zA-Z]+)+)?)?[#;]?$"
)
URL = (
    r"^(?:(?:https?|ftp)://(?:www.)?|www.)?"
    r"[^\x00-\x19\x22-\x27\x2A-\x2C\x2E-\x2F\x3A-\x3F\x5B-\x5E\x60\x7B\x7D-\x7F]+"
    r"(\.[^\x00-\x19\x22\x24-\x2C\x2E-\x2F\x3C\x3E\x40\x5B-\x5E\x60\x7B\x7D-\x7F]+)+(?:[/?].*)?$"
)
GOOD = {
    "email": ["a@b.co", "o'brien@x.com", "a..b@x.com", "_x@y.com", "+a@x.com", "jürgen@bücher.de"],
    "phone": ["+1 (555) 010-2000", "555.010.2000", "5550102000;123", "ring me", "91(987)654321"],
    "website": ["zylker.com", "ftp://x.y", "https://x.y:8080/z", "foo@bar.com", "http://a.b/c?d"],
}
BAD = {
    "email": [".a@b.co", "!a@x.com", "a@b.c", "a@-b.com", "a@b-.com", "a@x", "a@x.c1", "a b@x.co"],
    "phone": ["-555", "++1555", "020--7946", "555 - 010", "555/010", "12#34#", "(1).5"],
    "website": ["localhost", "http://localhost", "HTTP://x.y", "a b"],
}
CODES = {"email": "not_an_email", "phone": "not_a_phone", "website": "not_a_url"}
PATTERNS = {
    "email": (EMAIL, ["a", "Z", "1", "_", "-", "+", "!", ".", "@", "@b", ".co", "é", " "]),
    "phone": (PHONE, ["1", "a", "+", "-", ".", " ", "(", ")", ",", ";", "#", "2)", "(3"]),
    "website": (URL, ["a", "1", ".", "/", "?", ":", "www.", "http://", "ftp:", "-", " ", "@", "é"]),
}


@pytest.mark.parametrize("kind", GOOD)
def test_text_that_zoho_takes_passes(judge, kind):
    assert judge(Field("F", "F", kind), *GOOD[kind]) == [(text, None) for text in GOOD[kind]]


@pytest.mark.parametrize("kind", BAD)
def test_text_that_zoho_refuses_is_a_problem(judge, kind):
    assert judge(Field("F", "F", kind), *BAD[kind]) == [(None, CODES[kind])] * len(BAD[kind])


@pytest.mark.parametrize("kind", PATTERNS)
def test_pattern_decides_as_the_published_one(judge, kind):
    pattern, alphabet = PATTERNS[kind]
    dice = random.Random(kind)
    texts = ["".join(dice.choices(alphabet, k=dice.randint(1, 9))).strip() for _ in range(20_000)]
    texts = [text for text in dict.fromkeys(texts) if text]

    verdicts = judge(Field("F", "F", kind), *texts)

    passed = [text for text, (value, _) in zip(texts, verdicts, strict=True) if value is not None]
    assert passed == [text for text in texts if re.match(pattern, text)]
    assert passed, "the texts are made so that some pass"


def test_email_domain_is_at_most_256_characters_long(judge):
    fits, too_long = f"a@{'b' * 253}.co", f"a@{'b' * 254}.co"

    assert judge(Field("F", "F", "email"), fits, too_long) == [
        (fits, None),
        (None, "not_an_email"),
    ]


def test_text_is_trimmed_of_blanks_of_every_kind(judge):
    field = Field("F", "F", "text", length=5)

    assert judge(field, "\u3000Acme\u3000", "\u00a0 x y \t", " ", "", None) == [
        ("Acme", None),
        ("x y", None),
        (None, None),
        (None, None),
        (None, None),
    ]


def test_text_longer_than_its_field_is_a_problem_counted_in_characters(judge):
    field = Field("F", "F", "text", length=5)

    assert judge(field, "ééééé", "éééééé") == [("ééééé", None), (None, "too_long")]


@pytest.mark.parametrize("data_type", ["textarea", "some_new_type"])
def test_text_of_a_type_without_a_rule_passes(judge, data_type):
    assert judge(Field("F", "F", data_type), "a\nb") == [("a\nb", None)]


@pytest.mark.parametrize("text", ["#N/A", "#REF!", "#VALUE!", "#div/0!", "#NAME?", "#NUM!"])
@pytest.mark.parametrize("data_type", ["text", "date", "currency", "picklist", "boolean"])
def test_cell_error_is_a_problem_in_every_type(judge, data_type, text):
    assert judge(Field("F", "F", data_type), text) == [(None, "cell_error")]


@pytest.mark.parametrize(
    "text", ["1.23E+11", "1,5e+15", "123456789000000", "572576700000099000", "1234567890123450000"]
)
def test_lost_digits_are_a_warning(judge, text):
    assert judge(Field("F", "F", "text"), text) == [(text, "digits_lost")]


@pytest.mark.parametrize("text", ["1000000", "5725767000000988004", "E+11", "12E5", "1e-5"])
def test_whole_numbers_and_codes_lose_no_digits(judge, text):
    assert judge(Field("F", "F", "text"), text) == [(text, None)]


def test_record_id_is_digits_and_may_come_from_zohos_export(judge):
    field = Field("Account_Name", "Account", "lookup", lookup_module="Accounts")

    assert judge(field, "5725767000000988004", "zcrm_5725767000000988004", "Acme") == [
        ("5725767000000988004", None),
        ("5725767000000988004", None),
        (None, "not_a_record_id"),
    ]


def test_fill_takes_the_place_of_blanks_only(judge):
    field = Field("F", "F", "text")

    assert judge(field, "a", " ", "n/a", fill="new", values={"N/A": ""}) == [
        ("a", None),
        ("new", None),
        (None, None),
    ]


def test_fill_must_pass_the_rule_too(judge):
    assert judge(Field("F", "F", "email"), None, fill="nobody") == [(None, "not_an_email")]
