"""Why Zoho refused a row or a part, in plain words."""

import re

from importer.checks.problems import Explained

_GROUP = re.compile(r"^([A-Z][A-Z0-9_]*)(?:-(.*))?$", re.DOTALL)

# zoho-crm-api, "Bulk write, step 5: result" and "Create-job errors"
_ROWS = {
    "MANDATORY_NOT_FOUND": Explained(
        "{label} is empty, and Zoho needs a value.",
        "Fill it in.",
    ),
    "INVALID_DATA": Explained(
        "Zoho does not accept the value of {label}.",
        "Check its spelling, length and format, and that a record it names exists.",
    ),
    "DUPLICATE_DATA": Explained(
        "Another record has this value for {label} already, and Zoho takes it once only.",
        "Update that record, or change the value.",
    ),
    "NOT_APPROVED": Explained(
        "The record in Zoho waits for approval and cannot be changed until then.",
    ),
    "BLOCKED_RECORD": Explained(
        "The record is locked in Zoho.",
        "Unlock it there, then send the row again.",
    ),
    "CANNOT_PROCESS": Explained(
        "The record is in a state in which Zoho does not let it be changed.",
        "Look at it in Zoho.",
    ),
    "LIMIT_EXCEEDED": Explained(
        "A limit of your Zoho account is reached, such as its storage.",
        "Ask your Zoho administrator.",
    ),
    "RESOURCE_NOT_FOUND": Explained(
        "Zoho has no record with this value for {label}.",
        "Check the value, or create the record first.",
    ),
    "UNPROCESSED": Explained(
        "Zoho stopped before it came to this row.",
        "Send it again.",
    ),
}
_FILE_GONE = Explained("Zoho no longer has the file that we uploaded.", "Send these rows again.")
_NOT_ALLOWED = Explained(
    "The Zoho user of this connection may not do this.", "Ask your Zoho administrator."
)
_NOT_CONNECTED = Explained("The connection to Zoho is no longer valid.", "Connect it again.")
_FIELD_GONE = Explained("Zoho no longer has one of the matched fields.", "Match the columns again.")
_MODULE_GONE = Explained("Zoho does not offer this module for imports.", "Choose another.")
_PARTS = {
    "MANDATORY_FIELDS_NOT_MAPPED": Explained(
        "Zoho needs more fields than are matched.",
        "Match the fields marked as needed, or give them a fixed value.",
    ),
    "INVALID_FIELD": _FIELD_GONE,
    "INVALID_FIELD_NAME": _FIELD_GONE,
    "FIELD_NOT_AVAILABLE": _FIELD_GONE,
    "INVALID_QUERY": _FIELD_GONE,  # which asks for the matched fields alone
    "INVALID_FORMAT": Explained(
        "Zoho could not read the file that we sent. Nothing of it was written.",
    ),
    "INVALID_FILE_ID": _FILE_GONE,
    "FILE_NOT_FOUND": _FILE_GONE,
    "FILE_NOT_SUPPORTED": Explained(
        "Zoho did not accept the file that we sent. Nothing of it was written.",
    ),
    "FILE_TOO_LARGE": Explained(
        "The file was larger than Zoho takes. Nothing of it was written.",
    ),
    "HEADER_LIMIT_EXCEEDED": Explained(
        "More columns are matched than Zoho takes at a time.",
        "Unmatch some.",
    ),
    "MODULE_NOT_AVAILABLE": _MODULE_GONE,
    "INVALID_MODULE": _MODULE_GONE,
    "NO_PERMISSION": _NOT_ALLOWED,
    "AUTHORIZATION_FAILED": _NOT_ALLOWED,
    "OAUTH_SCOPE_MISMATCH": Explained(
        "The connection to Zoho lacks a permission.",
        "Connect it again.",
    ),
    "INVALID_TOKEN": _NOT_CONNECTED,
    "AUTHENTICATION_FAILURE": _NOT_CONNECTED,
}


_SKIPPED = {
    "DUPLICATE_DATA": "Zoho has a record with this {label} already; it was left as it is.",
    "RESOURCE_NOT_FOUND": "Zoho has no record with this {label}, so there was nothing to update.",
}


def explain(code: str, field_label: str | None) -> str:
    """What `code` means and what to do; one we do not know is quoted."""
    return str(refusal(code, field_label))


def explain_skip(code: str, field_label: str | None) -> str:
    """Why a row was left out by the operation's own rule."""
    return str(skip(code, field_label))


def refusal(code: str, field_label: str | None) -> Explained:
    """What `code` means, and what to do apart from it; one we do not know is quoted."""
    words = _ROWS.get(code) or _PARTS.get(code)
    if words is None:
        about = f" about {field_label}" if field_label else ""
        return Explained(f"Zoho refused this{about} and gave the reason “{code}”.")
    reason = words.reason.format(label=field_label or "a field")
    return Explained(reason[0].upper() + reason[1:], words.fix)


def skip(code: str, field_label: str | None) -> Explained:
    """As `refusal`, of a row that was left out by the operation's own rule."""
    words = _SKIPPED.get(code)
    if words is None:
        return refusal(code, field_label)
    return Explained(words.format(label=field_label or "value"))


def parse_errors(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """The codes in a result's ERRORS cell, each with the columns it names.

    `MANDATORY_NOT_FOUND-Company,Last_Name:DUPLICATE_DATA-Email`; a code may come alone.
    """
    groups = (_GROUP.match(group.strip()) for group in text.split(":"))
    return [
        (group[1], tuple(name.strip() for name in (group[2] or "").split(",") if name.strip()))
        for group in groups
        if group
    ]
