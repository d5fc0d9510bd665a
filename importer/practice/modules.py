"""The modules of the practice CRM as data: their fields, options and layouts."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from importer.practice.fields import Field, Option, options, system_fields
from importer.practice.organisation import ID_BASE

LEAD_SOURCES: Final = options(
    "Advertisement",
    "Cold Call",
    "Employee Referral",
    "External Referral",
    "Online Store",
    "Partner",
    "Public Relations",
    "Seminar Partner",
    "Trade Show",
    "Web Download",
    "Web Research",
)
INDUSTRIES: Final = options(
    "Communications",
    "Consulting",
    "Education",
    "Financial Services",
    "Government/Military",
    "Healthcare",
    "Manufacturing",
    "Real Estate",
    "Retail",
    "Technology",
    "Transportation",
)
RATINGS: Final = options("Acquired", "Active", "Market Failed", "Project Cancelled", "Shut Down")
SALUTATIONS: Final = options("Mr.", "Mrs.", "Ms.", "Dr.", "Prof.")
DESCRIPTION: Final = Field("Description", "textarea", 32000)


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
    custom: bool = False

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
    def numbers_records(self) -> bool:
        return "Case_Number" in self._by_name

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
    def indexed(self) -> frozenset[str]:
        """The fields whose values must be found fast however many records there are."""
        pointers = {f.api_name for f in self.own_fields if f.data_type in ("email", "lookup")}
        return frozenset(self.key_fields | pointers | {self.display_field.api_name})


def address(prefix: str = "", code: str = "Zip") -> tuple[Field, ...]:
    """The parts of a postal address, named as Zoho names them."""
    return (
        Field(f"{prefix}Street", max_length=250),
        Field(f"{prefix}City", max_length=100),
        Field(f"{prefix}State", max_length=100),
        Field(f"{prefix}{code}", max_length=30),
        Field(f"{prefix}Country", max_length=100),
    )


LEADS = Module(
    1,
    "Leads",
    "Lead",
    "Email",
    (
        Field("Company", max_length=200, required=True),
        Field("Salutation", "picklist", 25, options=SALUTATIONS),
        Field("First_Name", max_length=40),
        Field("Last_Name", max_length=80, mandatory=True),
        Field("Full_Name", max_length=120, writable=False, display=True),
        Field("Designation", max_length=100, named="Title"),
        Field("Email", "email", unique=True),
        Field("Secondary_Email", "email"),
        Field("Phone", "phone"),
        Field("Mobile", "phone"),
        Field("Fax", max_length=30),
        Field("Website", "website"),
        Field("Lead_Source", "picklist", options=LEAD_SOURCES),
        Field(
            "Lead_Status",
            "picklist",
            options=options(
                "Attempted to Contact",
                "Contact in Future",
                "Contacted",
                "Junk Lead",
                "Lost Lead",
                "Not Contacted",
                "Pre-Qualified",
                "Not Qualified",
            ),
        ),
        Field("Industry", "picklist", options=INDUSTRIES),
        Field("Rating", "picklist", options=RATINGS),
        Field("No_of_Employees", "integer", named="No. of Employees"),
        Field("Annual_Revenue", "currency"),
        Field("Email_Opt_Out", "boolean"),
        Field("Skype_ID", max_length=50),
        Field("Twitter", max_length=50),
        *address(code="Zip_Code"),
        DESCRIPTION,
        Field("Record_Image", "profileimage", named="Lead Image"),
        Field("Partner", "lookup", lookup="Accounts", custom=True),
        Field("Account_Manager", "userlookup", custom=True),
        Field(
            "Interests",
            "multiselectpicklist",
            custom=True,
            options=options("Analytics", "Big data", "Logistics", "Support", "Training"),
        ),
        Field(
            "Showroom",
            "picklist",
            custom=True,
            options=(
                *options("Amsterdam", "Bristol"),
                Option("Houston", "Houston Showroom"),
            ),
        ),
        Field("Discount", "percent", custom=True),
        Field("Score", "double", custom=True),
        Field("Legacy_Number", "bigint", custom=True),
        Field("Birth_Date", "date", custom=True, named="Date of Birth"),
        Field("Call_Back_At", "datetime", custom=True),
        Field("Remarks", "textarea", custom=True),
        Field("Background", "textarea", 50000, custom=True),
        Field("Brochure", "fileupload", custom=True),
        Field("Photos", "imageupload", custom=True),
        Field("Revenue_per_Employee", "formula", custom=True, writable=False),
    ),
    further_layouts=("Partner referral",),
)
ACCOUNTS = Module(
    2,
    "Accounts",
    "Account",
    "Account_Name",
    (
        Field("Account_Name", max_length=200, mandatory=True, display=True),
        Field("Customer_Number", max_length=50, unique=True, custom=True),
        Field("Account_Number", "bigint"),
        Field(
            "Account_Type",
            "picklist",
            options=options("Analyst", "Competitor", "Customer", "Partner", "Reseller", "Vendor"),
        ),
        Field("Industry", "picklist", options=INDUSTRIES),
        Field("Ownership", "picklist", options=options("Private", "Public", "Subsidiary", "Other")),
        Field("Rating", "picklist", options=RATINGS),
        Field("Annual_Revenue", "currency"),
        Field("Employees", "integer"),
        Field("Parent_Account", "lookup", lookup="Accounts"),
        Field("Phone", "phone"),
        Field("Fax", max_length=30),
        Field("Website", "website"),
        Field("Ticker_Symbol", max_length=30),
        Field("SIC_Code", "integer"),
        *address("Billing_", "Code"),
        *address("Shipping_", "Code"),
        DESCRIPTION,
    ),
)
CONTACTS = Module(
    3,
    "Contacts",
    "Contact",
    "Email",
    (
        Field("Salutation", "picklist", 25, options=SALUTATIONS),
        Field("First_Name", max_length=40),
        Field("Last_Name", max_length=80, mandatory=True),
        Field("Full_Name", max_length=120, writable=False, display=True),
        Field("Account_Name", "lookup", lookup="Accounts"),
        Field("Vendor_Name", "lookup", lookup="Vendors"),
        Field("Reporting_To", "lookup", lookup="Contacts"),
        Field("Lead_Source", "picklist", options=LEAD_SOURCES),
        Field("Title", max_length=100),
        Field("Department", max_length=50),
        Field("Email", "email", unique=True),
        Field("Secondary_Email", "email"),
        Field("Phone", "phone"),
        Field("Home_Phone", "phone"),
        Field("Other_Phone", "phone"),
        Field("Mobile", "phone"),
        Field("Fax", max_length=30),
        Field("Assistant", max_length=50),
        Field("Asst_Phone", "phone"),
        Field("Date_of_Birth", "date"),
        Field("Email_Opt_Out", "boolean"),
        Field("Skype_ID", max_length=50),
        Field("Twitter", max_length=50),
        *address("Mailing_"),
        *address("Other_"),
        DESCRIPTION,
    ),
)
