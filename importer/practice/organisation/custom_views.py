"""The views of a module's records that people choose from, and that mass actions are given."""

from dataclasses import dataclass

from importer.practice.organisation.company import CURRENT_USER, ID_BASE
from importer.practice.organisation.module import Module


@dataclass(frozen=True, slots=True)
class CustomView:
    """Which records of its module a view shows; without an owner, all of them."""

    id: str
    name: str
    system_name: str
    owner_id: str | None = None


def views_of(module: Module) -> tuple[CustomView, ...]:
    """The module's views, the default one first."""
    first = ID_BASE + 310_000 + 10 * module.number
    return (
        CustomView(str(first), f"All {module.label}", "ALLVIEWS"),
        CustomView(str(first + 1), f"My {module.label}", "MYVIEWS", CURRENT_USER.id),
    )
