"""Whether new leads are also compared with converted leads or contacts: the preference, no more."""

from typing import Any, Final

from importer.practice.api.errors import ApiError
from importer.practice.organisation.fields import Field
from importer.practice.organisation.module import Module
from importer.practice.organisation.modules import MODULES

KEY: Final = "duplicate_check_preference"
CONVERTED: Final = "converted_records"
MAPPED: Final = "mapped_module_records"
MAPPED_MODULE: Final = "Contacts"
Json = dict[str, Any]


class DuplicateCheck:
    """The preference for leads, as it was set last."""

    def __init__(self) -> None:
        self.preference: Json | None = None

    def enable(self, module: Module, given: Any) -> None:
        self.preference = read_preference(module, given)

    def disable(self) -> None:
        self.preference = None


def read_preference(module: Module, given: Any) -> Json:
    """What is asked for, in full; `ApiError` if it cannot be had."""
    if not isinstance(given, dict):
        raise _refused("MANDATORY_NOT_FOUND", KEY, f"$.{KEY}")
    kind, path = given.get("type"), f"$.{KEY}"
    if kind is None:
        raise _refused("MANDATORY_NOT_FOUND", "type", f"{path}.type")
    if kind not in (CONVERTED, MAPPED):
        raise _refused("INVALID_DATA", "type", f"{path}.type", supported_values=[CONVERTED, MAPPED])
    if kind == CONVERTED:
        return {"type": kind, "type_configurations": None}
    path = f"{path}.type_configurations"
    configurations = given.get("type_configurations")
    if not isinstance(configurations, list) or not configurations:
        raise _refused("MANDATORY_NOT_FOUND", "type_configurations", path)
    return {"type": kind, "type_configurations": [_mapped(module, configurations[0], f"{path}[0]")]}


def _mapped(module: Module, given: Any, path: str) -> Json:
    contacts = MODULES[MAPPED_MODULE]
    mapped = given.get("mapped_module") if isinstance(given, dict) else None
    if not isinstance(mapped, dict) or str(mapped.get("id")) != contacts.id:
        raise _refused("INVALID_DATA", "mapped_module", f"{path}.mapped_module")
    pairs = given.get("field_mappings")
    if not isinstance(pairs, list) or not all(isinstance(pair, dict) for pair in pairs):
        raise _refused("INVALID_DATA", "field_mappings", f"{path}.field_mappings")
    named = {"id": contacts.id, "api_name": contacts.api_name, "name": contacts.label}
    return {
        "mapped_module": named,
        "field_mappings": [
            {
                "current_field": _field(module, pair.get("current_field"), "current_field", path),
                "mapped_field": _field(contacts, pair.get("mapped_field"), "mapped_field", path),
            }
            for pair in pairs
        ],
    }


def _field(module: Module, given: Any, key: str, path: str) -> Json:
    """A unique field by its id, and called by its module, as Zoho does."""
    wanted = str(given.get("id")) if isinstance(given, dict) else ""
    field = next((one for one in module.own_fields if _is(module, one, wanted)), None)
    if field is None:
        raise _refused("INVALID_DATA", key, f"{path}.field_mappings.{key}")
    return {"id": wanted, "api_name": field.api_name, "name": module.api_name}


def _is(module: Module, field: Field, field_id: str) -> bool:
    return field.unique and module.field_id(field.api_name) == field_id


def _refused(code: str, key: str, path: str, **more: Any) -> ApiError:
    message = "invalid data" if code == "INVALID_DATA" else "required field not found"
    return ApiError(code, message, details={"api_name": key, "json_path": path, **more})
