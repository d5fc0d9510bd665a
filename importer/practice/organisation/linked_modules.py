"""What hangs on leads, as data: a subform, and the modules that link them to products and users."""

from importer.practice.organisation.fields import Field, options
from importer.practice.organisation.module import Module

SECONDARY_CONTACTS = Module(
    24,
    "Secondary_Contacts",
    "Secondary Contact",
    "Contact_Name",
    (
        Field("Contact_Name", max_length=120, display=True),
        Field("Contact_Email", "email"),
        Field("Contact_Phone", "phone"),
        Field("Role", "picklist", options=options("Buyer", "Engineer", "Decision maker")),
        Field("Known_Since", "date"),
        Field("Newsletter", "boolean"),
        Field("Parent_Id", "lookup", lookup="Leads", mandatory=True),
    ),
    kind="subform",
    parent="Leads",
)
LEADS_X_PRODUCTS = Module(
    25,
    "Leads_X_Products",
    "Lead and Product",
    "Interested_Lead",
    (
        Field("Interested_Lead", "lookup", lookup="Leads", mandatory=True, display=True),
        Field("Interesting_Product", "lookup", lookup="Products", mandatory=True),
    ),
    kind="linking",
)
LEADS_X_USERS = Module(
    26,
    "Leads_X_Users",
    "Lead and User",
    "Supported_Lead",
    (
        Field("Supported_Lead", "lookup", lookup="Leads", mandatory=True, display=True),
        Field("Supporting_User", "userlookup", mandatory=True),
    ),
    kind="linking",
)
