"""Choices and fields that several modules have in common."""

from typing import Final

from importer.practice.organisation.fields import Field, options

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


def address(prefix: str = "", code: str = "Zip") -> tuple[Field, ...]:
    """The parts of a postal address, named as Zoho names them."""
    return (
        Field(f"{prefix}Street", max_length=250),
        Field(f"{prefix}City", max_length=100),
        Field(f"{prefix}State", max_length=100),
        Field(f"{prefix}{code}", max_length=30),
        Field(f"{prefix}Country", max_length=100),
    )
