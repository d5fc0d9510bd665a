"""What a job must map: its key, and what new records need."""

from collections.abc import Sequence
from typing import Final

from importer.practice.api.errors import ApiError
from importer.practice.bulk.job_request import Resource
from importer.practice.judging.mapping import required_fields
from importer.practice.organisation.modules import MODULES

# Bulk write takes price books, and a file of theirs has no place for their ranges.
NEVER_IN_A_FILE: Final = ("Pricing_Details",)


def require_key_column(resource: Resource, place: int) -> None:
    columns = {mapping.api_name for mapping in resource.mappings if mapping.index is not None}
    if resource.find_by is not None and resource.find_by not in columns:
        raise ApiError(
            "MANDATORY_NOT_FOUND",
            f"The find_by field {resource.find_by} is not mapped to a column",
            details={
                "api_name": resource.find_by,
                "json_path": f"$.resource[{place}].field_mappings",
            },
        )


def require_mandatory(resources: Sequence[Resource], place: int, *, by_layout: bool) -> None:
    """Whoever may create records must map what these need."""
    lacking = unmapped(resources, place, by_layout=by_layout)
    if lacking:
        raise ApiError(
            "MANDATORY_FIELDS_NOT_MAPPED",
            f"All mandatory fields are not mapped for the layout [{','.join(lacking)}]",
        )


def unmapped(resources: Sequence[Resource], place: int, *, by_layout: bool) -> list[str]:
    """The needed fields that nothing fills. Rows in a file of their own fill a subform."""
    resource = resources[place]
    if resource.operation == "update":
        return []
    mapped = {mapping.api_name for mapping in resource.mappings} | {*NEVER_IN_A_FILE}
    files = {other.module for other in resources}
    needed = required_fields(MODULES[resource.module], resource.mappings, by_layout=by_layout)
    return [f.api_name for f in needed if f.api_name not in mapped and f.rows_in not in files]
