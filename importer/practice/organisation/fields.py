"""A module's attributes as the practice CRM knows them: type, limits, options, who may write."""

from dataclasses import dataclass
from typing import Final

JSON_TYPES: Final = {
    "integer": "integer",
    "double": "double",
    "currency": "double",
    "percent": "double",
    "boolean": "boolean",
    "multiselectpicklist": "jsonarray",
    "fileupload": "jsonarray",
    "imageupload": "jsonarray",
    "lookup": "jsonobject",
    "ownerlookup": "jsonobject",
    "userlookup": "jsonobject",
    "layout": "jsonobject",
    "subform": "jsonarray",
    "multiselectlookup": "jsonarray",
    "multiuserlookup": "jsonarray",
    "rollup_summary": "integer",
}
LENGTHS: Final = {
    "text": 255,
    "textarea": 2000,
    "email": 100,
    "phone": 30,
    "website": 255,
    "picklist": 120,
    "multiselectpicklist": 1000,
    "integer": 9,
    "bigint": 18,
    "double": 16,
    "currency": 16,
    "percent": 5,
    "date": 20,
    "datetime": 120,
    "boolean": 5,
    "lookup": 120,
    "ownerlookup": 120,
    "userlookup": 120,
    "layout": 50,
    "profileimage": 255,
    "autonumber": 255,
    "formula": 16,
    "fileupload": 1,
    "imageupload": 10,
    "rollup_summary": 120,
    "multiselectlookup": 200,
    "multiuserlookup": 200,
}
DECIMALS: Final = {"double": 2, "currency": 2, "percent": 2}
# The field itself is empty: its rows are records of a module of their own.
VIRTUAL: Final = frozenset({"subform", "multiselectlookup", "multiuserlookup"})
NEVER_IN_BULK: Final = VIRTUAL | {
    "fileupload",
    "imageupload",
    "profileimage",
    "formula",
    "rollup_summary",
    "autonumber",
}


@dataclass(frozen=True, slots=True)
class Option:
    """One entry of a picklist; the stored value is the one that people see."""

    display: str
    actual: str


@dataclass(frozen=True, slots=True)
class Field:
    """One attribute. Lengths count characters, or a number's digits before the point."""

    api_name: str
    data_type: str = "text"
    max_length: int | None = None  # None: the type's own
    named: str = ""  # the label, where it is not the API name with blanks
    mandatory: bool = False  # to create a record, in every layout
    required: bool = False  # to create a record in the default layout
    unique: bool = False
    case_sensitive: bool = False  # of a unique field: whether "a1" and "A1" are two values
    external: bool = False  # holds the id that another system knows the record by
    writable: bool = True
    custom: bool = False
    display: bool = False  # names the record
    options: tuple[Option, ...] = ()
    prefix: str = ""  # of an auto-number
    lookup: str | None = None  # API name of the module that a lookup points at
    rows_in: str | None = None  # API name of the module that keeps a virtual field's rows

    @property
    def label(self) -> str:
        return self.named or self.api_name.replace("_", " ")

    @property
    def length(self) -> int | None:
        return self.max_length or LENGTHS.get(self.data_type)

    @property
    def decimal_places(self) -> int | None:
        return DECIMALS.get(self.data_type)

    @property
    def json_type(self) -> str:
        return JSON_TYPES.get(self.data_type, "string")

    @property
    def names_user(self) -> bool:
        return self.data_type in ("ownerlookup", "userlookup")

    @property
    def virtual(self) -> bool:
        return self.data_type in VIRTUAL

    @property
    def in_bulk(self) -> bool:
        """Whether a bulk write job may fill it."""
        return self.writable and self.data_type not in NEVER_IN_BULK

    @property
    def mass_updatable(self) -> bool:
        """Whether a mass update may set it."""
        excluded = ("email", "lookup", "layout", "textarea")
        return self.in_bulk and not self.unique and self.data_type not in excluded


def options(*labels: str) -> tuple[Option, ...]:
    """The entries of a picklist, the empty choice first."""
    return tuple(Option(label, label) for label in ("-None-", *labels))


def system_fields() -> tuple[Field, ...]:
    """What every module has."""
    return (
        Field("id", "bigint", named="Record Id", writable=False),
        Field("Owner", "ownerlookup"),
        Field("Layout", "layout"),
        Field("Created_By", "ownerlookup", writable=False),
        Field("Modified_By", "ownerlookup", writable=False),
        Field("Created_Time", "datetime", writable=False),
        Field("Modified_Time", "datetime", writable=False),
    )
