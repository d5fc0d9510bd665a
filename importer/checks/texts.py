"""Texts and what looks like one: e-mail, phone, web address, record id."""

import polars as pl

from importer.checks.rules import TEXT, Rule
from importer.crm.schema import Field

# Zoho's own patterns (zoho-crm-api, "Validation patterns"), in a dialect without lookaround.
_EMAIL = (
    r"^[+\-\p{L}\p{M}\p{N}_][\p{L}\p{M}\p{N}_!#$%&'*+\-/=?^`{|}~.]*"
    r"@(?:[\p{L}\p{M}\p{N}]+(?:[-_]*[\p{L}\p{M}\p{N}])*\.)+[\p{L}\p{M}]{2,22}$"
)
_EMAIL_DOMAIN = r"@.{4,256}$"
_W = "[0-9a-zA-Z]+"
_BRACKETS = rf" ?\( ?{_W}(?:[ .-]?{_W})*\)"
_PHONE = (
    rf"^\+?(?: ?{_W}|{_BRACKETS})(?:[.-]? ?{_W}|{_BRACKETS})*"
    rf"(?:(?:(?:,+;?|;){_W})+(?:#{_W})*)?[#;]?$"
)
_DOT_AFTER_BRACKET = r"\)\."
_URL_HEAD = r"[^\x00-\x19\x22-\x27\x2A-\x2C\x2E-\x2F\x3A-\x3F\x5B-\x5E\x60\x7B\x7D-\x7F]+"
_URL_PIECE = r"[^\x00-\x19\x22\x24-\x2C\x2E-\x2F\x3C\x3E\x40\x5B-\x5E\x60\x7B\x7D-\x7F]+"
_URL = rf"^(?:(?:https?|ftp)://(?:www.)?|www.)?{_URL_HEAD}(?:\.{_URL_PIECE})+(?:[/?].*)?$"
_EXPORTED_ID = r"^zcrm_(\d+)$"  # how Zoho's own exports write a record id
_RECORD_ID = r"^\d{1,19}$"


def text_rule(field: Field) -> Rule:
    """Any text within the field's length; also of types that have no rule of their own."""
    return Rule(TEXT, _too_long(field))


def email_rule(field: Field) -> Rule:
    good = TEXT.str.contains(_EMAIL) & TEXT.str.contains(_EMAIL_DOMAIN)
    return Rule(TEXT, {"not_an_email": ~good, **_too_long(field)})


def phone_rule(field: Field) -> Rule:
    good = TEXT.str.contains(_PHONE) & ~TEXT.str.contains(_DOT_AFTER_BRACKET)
    return Rule(TEXT, {"not_a_phone": ~good, **_too_long(field)})


def website_rule(field: Field) -> Rule:
    return Rule(TEXT, {"not_a_url": ~TEXT.str.contains(_URL), **_too_long(field)})


def record_id_rule() -> Rule:
    """A record of the CRM by its id."""
    bare = TEXT.str.replace(_EXPORTED_ID, "${1}")
    return Rule(bare, {"not_a_record_id": ~bare.str.contains(_RECORD_ID)})


def _too_long(field: Field) -> dict[str, pl.Expr]:
    if field.length is None:
        return {}
    return {"too_long": TEXT.str.len_chars() > field.length}
