"""A record type: its fields, layouts and the ids that stand for them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from importer.practice.organisation.company import ID_BASE
from importer.practice.organisation.fields import Field, system_fields

Kind = Literal["default", "custom", "subform", "linking"]


@dataclass(frozen=True, slots=True)
class Layout:
    """A form for a module's records. Only the default one asks for the `required` fields."""

    id: str
    name: str
    default: bool = True


@dataclass(frozen=True)
class Module:
    """A record type. `number` tells its ids apart from those of other modules."""

    number: int
    api_name: str
    singular: str
    duplicate_check: str  # the system's own field for finding duplicates
    own_fields: tuple[Field, ...]
    further_layouts: tuple[str, ...] = ()
    kind: Kind = "default"
    parent: str | None = None  # of a subform: API name of the module whose records have its rows
    in_bulk: bool = True  # whether bulk write takes it

    @cached_property
    def id(self) -> str:
        return str(ID_BASE + 2000 + 2 * self.number)

    @cached_property
    def label(self) -> str:
        return self.api_name.replace("_", " ")

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        return (*self.own_fields, *system_fields())

    @cached_property
    def layouts(self) -> tuple[Layout, ...]:
        first = ID_BASE + 91055 + 10 * (self.number - 1)
        names = ("Standard", *self.further_layouts)
        return tuple(Layout(str(first + 2 * i), name, i == 0) for i, name in enumerate(names))

    @cached_property
    def display_field(self) -> Field:
        return next(field for field in self.own_fields if field.display)

    @property
    def listed(self) -> bool:
        """Whether people see it as a module; subforms and links show inside others."""
        return self.kind in ("default", "custom")

    def link_to(self, parent: "Module") -> Field | None:
        """The lookup by which a row of this module belongs to a record of `parent`."""
        if self.kind == "subform":
            return self.field("Parent_Id") if self.parent == parent.api_name else None
        pointers = (field for field in self.own_fields if field.lookup == parent.api_name)
        return next(pointers, None) if self.kind == "linking" else None

    def field(self, api_name: str) -> Field | None:
        return self._by_name.get(api_name)

    @cached_property
    def _by_name(self) -> dict[str, Field]:
        return {field.api_name: field for field in self.fields}

    @cached_property
    def composes_name(self) -> bool:
        """Whether records are named by a first and a last name."""
        return "Full_Name" in self._by_name

    @cached_property
    def numbered_field(self) -> Field | None:
        """The field that the CRM fills with a number of its own."""
        return next((f for f in self.own_fields if f.data_type == "autonumber"), None)

    def field_id(self, api_name: str) -> str:
        place = list(self._by_name).index(api_name)
        return str(ID_BASE + 100000 + 1000 * self.number + place)

    def required(self, layout_id: str | None) -> tuple[Field, ...]:
        """The fields that a new record needs in a layout; None means the default one."""
        default = layout_id not in {layout.id for layout in self.layouts[1:]}
        return tuple(f for f in self.own_fields if f.mandatory or (f.required and default))

    @cached_property
    def key_fields(self) -> frozenset[str]:
        """The fields a record can be told by, besides its id."""
        unique = {field.api_name for field in self.own_fields if field.unique}
        return frozenset(unique | {self.duplicate_check})

    @cached_property
    def case_sensitive(self) -> frozenset[str]:
        """The unique fields in which case counts."""
        return frozenset(field.api_name for field in self.own_fields if field.case_sensitive)

    @cached_property
    def indexed(self) -> frozenset[str]:
        """The fields whose values must be found fast however many records there are."""
        pointers = {f.api_name for f in self.own_fields if f.data_type in ("email", "lookup")}
        return frozenset(self.key_fields | pointers | {self.display_field.api_name})
