"""Which records a custom view or a territory stands for."""

from importer.practice.api.errors import ApiError
from importer.practice.organisation.custom_views import views_of
from importer.practice.organisation.module import Module
from importer.practice.organisation.territories import countries_of
from importer.practice.records.conditions import EVERY, Condition, condition


def in_view(module: Module, view_id: str) -> Condition:
    """The records that a view shows; `ApiError` if the module has no such view."""
    for view in views_of(module):
        if view.id == view_id:
            owner = view.owner_id
            return condition(module, "Owner", "equal", [owner]) if owner else EVERY
    raise ApiError(
        "INVALID_DATA", "the cvid given seems to be invalid", details={"api_name": "cvid"}
    )


def in_territory(module: Module, territory_id: str, *, include_child: bool) -> Condition:
    """The records of a territory; a module without a country has none."""
    countries = countries_of(territory_id, include_child=include_child)
    if countries is None:
        details = {"api_name": "id", "json_path": "$.territory.id"}
        raise ApiError("INVALID_DATA", "the id given seems to be invalid", details=details)
    names = [f.api_name for f in module.own_fields if f.api_name.endswith("Country")]
    return condition(module, names[0], "in", countries) if names else Condition("0")
