"""What the SDK hands to a program, as JSON can carry it."""

import csv
import io
import zipfile
from datetime import date
from typing import Any

from zohocrmsdk.src.com.zoho.crm.api import record
from zohocrmsdk.src.com.zoho.crm.api.util import APIResponse, Choice

Told = dict[str, Any]


def unzipped(answer: APIResponse) -> Told:
    """The file as the SDK names it, and the rows of the CSV inside."""
    file = answer.get_object().get_file()
    with zipfile.ZipFile(io.BytesIO(b"".join(file.get_stream()))) as archive:
        text = archive.read(archive.namelist()[0]).decode("utf-8")
    return {"name": file.get_name(), "rows": list(csv.DictReader(io.StringIO(text)))}


def told(answer: APIResponse) -> Told:
    """What the SDK says, as JSON can carry it."""
    made = answer.get_object()
    kind = None if made is None else type(made).__name__
    return {"status": answer.get_status_code(), "kind": kind, "object": plain(made)}


def choice(value: Any) -> Any:
    return value.get_value() if isinstance(value, Choice) else value


def plain(value: Any) -> Any:
    match value:
        case Choice():
            return value.get_value()
        case None | bool() | int() | float() | str():
            return value
        case date():
            return value.isoformat()
        case list():
            return [plain(one) for one in value]
        case dict():
            return {str(key): plain(one) for key, one in value.items()}
        case record.Record():
            return plain(value.get_key_values())
        case _:
            return attributes(value)


def attributes(model: Any) -> Told:
    """The private attributes of one of the SDK's objects, under the names of their keys."""
    named = {name.split("__", 1)[-1]: value for name, value in vars(model).items()}
    return {
        name: plain(one)
        for name, one in named.items()
        if name != "key_modified" and one is not None
    }
