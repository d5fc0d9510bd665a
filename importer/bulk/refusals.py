"""Why Zoho refused a row or a part, in plain words."""

import re

_GROUP = re.compile(r"^([A-Z][A-Z0-9_]*)(?:-(.*))?$", re.DOTALL)

# zoho-crm-api, "Bulk write, step 5: result" and "Create-job errors"
_ROWS = {
    "MANDATORY_NOT_FOUND": "{label} is empty, and Zoho needs a value. Fill it in.",
    "INVALID_DATA": "Zoho does not accept the value of {label}. Check its spelling, length and "
    "format, and that a record it names exists.",
    "DUPLICATE_DATA": "Another record has this value for {label} already, and Zoho takes it once "
    "only. Update that record, or change the value.",
    "NOT_APPROVED": "The record in Zoho waits for approval and cannot be changed until then.",
    "BLOCKED_RECORD": "The record is locked in Zoho. Unlock it there, then send the row again.",
    "CANNOT_PROCESS": "The record is in a state in which Zoho does not let it be changed. "
    "Look at it in Zoho.",
    "LIMIT_EXCEEDED": "A limit of your Zoho account is reached, such as its storage. "
    "Ask your Zoho administrator.",
    "RESOURCE_NOT_FOUND": "Zoho has no record with this value for {label}. "
    "Check the value, or create the record first.",
    "UNPROCESSED": "Zoho stopped before it came to this row. Send it again.",
}
_PARTS = {
    "MANDATORY_FIELDS_NOT_MAPPED": "Zoho needs more fields than are matched. Match the fields "
    "marked as needed, or give them a fixed value.",
    "INVALID_FIELD": "Zoho no longer has one of the matched fields. Match the columns again.",
    "INVALID_FORMAT": "Zoho could not read the file that we sent. Nothing of it was written.",
    "INVALID_FILE_ID": "Zoho no longer has the file that we uploaded. Send these rows again.",
    "FILE_NOT_FOUND": "Zoho no longer has the file that we uploaded. Send these rows again.",
    "FILE_NOT_SUPPORTED": "Zoho did not accept the file that we sent. Nothing of it was written.",
    "FILE_TOO_LARGE": "The file was larger than Zoho takes. Nothing of it was written.",
    "HEADER_LIMIT_EXCEEDED": "More columns are matched than Zoho takes at a time. Unmatch some.",
    "MODULE_NOT_AVAILABLE": "Zoho does not offer this module for imports. Choose another.",
    "NO_PERMISSION": "The Zoho user of this connection may not do this. "
    "Ask your Zoho administrator.",
    "AUTHORIZATION_FAILED": "The Zoho user of this connection may not do this. "
    "Ask your Zoho administrator.",
    "OAUTH_SCOPE_MISMATCH": "The connection to Zoho lacks a permission. Connect it again.",
    "INVALID_TOKEN": "The connection to Zoho is no longer valid. Connect it again.",
    "AUTHENTICATION_FAILURE": "The connection to Zoho is no longer valid. Connect it again.",
}


_SKIPPED = {
    "DUPLICATE_DATA": "Zoho has a record with this {label} already; it was left as it is.",
    "RESOURCE_NOT_FOUND": "Zoho has no record with this {label}, so there was nothing to update.",
}


def explain(code: str, field_label: str | None) -> str:
    """What `code` means and what to do; one we do not know is quoted."""
    words = _ROWS.get(code) or _PARTS.get(code)
    if words is None:
        about = f" about {field_label}" if field_label else ""
        return f"Zoho refused this{about} and gave the reason “{code}”."
    words = words.format(label=field_label or "a field")
    return words[0].upper() + words[1:]


def explain_skip(code: str, field_label: str | None) -> str:
    """Why a row was left out by the operation's own rule."""
    words = _SKIPPED.get(code)
    return words.format(label=field_label or "value") if words else explain(code, field_label)


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
