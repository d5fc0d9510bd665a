"""The modules about selling, buying and serving, as data."""

from typing import Final

from importer.practice.organisation.common_fields import DESCRIPTION, LEAD_SOURCES, address
from importer.practice.organisation.fields import Field, options
from importer.practice.organisation.module import Module

PRIORITIES: Final = options("Highest", "High", "Normal", "Low", "Lowest")

DEALS = Module(
    4,
    "Deals",
    "Deal",
    "Deal_Name",
    (
        Field("Deal_Name", max_length=120, mandatory=True, display=True),
        Field("Deal_Reference", max_length=50, unique=True, external=True, custom=True),
        Field("Account_Name", "lookup", lookup="Accounts"),
        Field("Contact_Name", "lookup", lookup="Contacts"),
        Field("Campaign_Source", "lookup", lookup="Campaigns"),
        Field("Amount", "currency"),
        Field("Expected_Revenue", "currency"),
        Field("Closing_Date", "date"),
        Field(
            "Stage",
            "picklist",
            mandatory=True,
            options=options(
                "Qualification",
                "Needs Analysis",
                "Value Proposition",
                "Identify Decision Makers",
                "Proposal/Price Quote",
                "Negotiation/Review",
                "Closed Won",
                "Closed Lost",
                "Closed-Lost to Competition",
            ),
        ),
        Field("Probability", "integer", named="Probability (%)"),
        Field("Type", "picklist", options=options("Existing Business", "New Business")),
        Field("Next_Step", max_length=100),
        Field("Lead_Source", "picklist", options=LEAD_SOURCES),
        DESCRIPTION,
    ),
)
PRODUCTS = Module(
    5,
    "Products",
    "Product",
    "Product_Name",
    (
        Field("Product_Name", max_length=200, mandatory=True, display=True),
        Field("Product_Code", max_length=40, unique=True),
        Field("Product_Active", "boolean"),
        Field(
            "Product_Category",
            "picklist",
            options=options("Hardware", "Software", "CRM Applications", "Services"),
        ),
        Field(
            "Manufacturer",
            "picklist",
            options=options("AltVetPet Inc.", "LexPon Inc.", "MetBeat Corp."),
        ),
        Field("Vendor_Name", "lookup", lookup="Vendors"),
        Field("Unit_Price", "currency"),
        Field("Qty_in_Stock", "double", named="Quantity in Stock"),
        Field("Taxable", "boolean"),
        Field("Sales_Start_Date", "date"),
        DESCRIPTION,
    ),
)
VENDORS = Module(
    6,
    "Vendors",
    "Vendor",
    "Vendor_Name",
    (
        Field("Vendor_Name", max_length=120, mandatory=True, display=True),
        Field("Email", "email"),
        Field("Phone", "phone"),
        Field("Website", "website"),
        Field(
            "GL_Account",
            "picklist",
            options=options("Sales-Hardware", "Sales-Software", "Rental-Income", "Interest-Income"),
        ),
        Field("Category", max_length=50),
        *address(code="Zip_Code"),
        DESCRIPTION,
    ),
)
CAMPAIGNS = Module(
    7,
    "Campaigns",
    "Campaign",
    "Campaign_Name",
    (
        Field("Campaign_Name", max_length=200, mandatory=True, display=True),
        Field(
            "Type",
            "picklist",
            options=options("Conference", "Webinar", "Trade Show", "Email", "Direct mail"),
        ),
        Field("Status", "picklist", options=options("Planning", "Active", "Inactive", "Complete")),
        Field("Start_Date", "date"),
        Field("End_Date", "date"),
        Field("Budgeted_Cost", "currency"),
        Field("Actual_Cost", "currency"),
        Field("Expected_Revenue", "currency"),
        Field("Expected_Response", "bigint"),
        Field("Num_sent", "bigint", named="Numbers sent"),
        DESCRIPTION,
    ),
)
CASES = Module(
    8,
    "Cases",
    "Case",
    "Subject",
    (
        Field("Subject", max_length=300, mandatory=True, display=True),
        Field("Case_Number", "autonumber", writable=False, prefix="CASE-"),
        Field(
            "Status",
            "picklist",
            mandatory=True,
            options=options("New", "On Hold", "Escalated", "Closed"),
        ),
        Field("Priority", "picklist", options=options("High", "Medium", "Low")),
        Field("Type", "picklist", options=options("Problem", "Feature Request", "Question")),
        Field(
            "Case_Origin",
            "picklist",
            mandatory=True,
            options=options("Email", "Phone", "Web", "Twitter"),
        ),
        Field(
            "Case_Reason",
            "picklist",
            options=options("User did not attend any training", "Complex functionality"),
        ),
        Field("Account_Name", "lookup", lookup="Accounts"),
        Field("Related_To", "lookup", lookup="Contacts"),
        Field("Deal_Name", "lookup", lookup="Deals"),
        Field("Product_Name", "lookup", lookup="Products"),
        Field("Email", "email"),
        Field("Phone", "phone"),
        Field("Reported_By", max_length=120),
        Field("Solution", "textarea", 32000),
        DESCRIPTION,
    ),
)
TASKS = Module(
    9,
    "Tasks",
    "Task",
    "Subject",
    (
        Field("Subject", max_length=255, mandatory=True, display=True),
        Field("Due_Date", "date"),
        Field(
            "Status",
            "picklist",
            options=options(
                "Not Started", "Deferred", "In Progress", "Completed", "Waiting for input"
            ),
        ),
        Field("Priority", "picklist", options=PRIORITIES),
        Field("Who_Id", "lookup", lookup="Contacts", named="Contact Name"),
        Field("What_Id", "lookup", lookup="Accounts", named="Related To"),
        DESCRIPTION,
    ),
)
MACHINES = Module(
    10,
    "Machines",
    "Machine",
    "Name",
    (
        Field("Name", max_length=120, mandatory=True, display=True, named="Machine Name"),
        Field("Serial_Number", max_length=50, unique=True, custom=True),
        Field("Installed_At", "lookup", lookup="Accounts", custom=True),
        Field("Installed_On", "date", custom=True),
        Field("Last_Service", "datetime", custom=True),
        Field("Running_Hours", "double", custom=True),
        Field("Under_Contract", "boolean", custom=True),
        Field("Email", "email"),
        Field("Asset_Tag", max_length=30, unique=True, case_sensitive=True, custom=True),
    ),
    kind="custom",
)
SOLUTIONS = Module(
    11,
    "Solutions",
    "Solution",
    "Solution_Title",
    (
        Field("Solution_Title", max_length=255, mandatory=True, display=True),
        Field("Solution_Number", "autonumber", writable=False, prefix="SOL-"),
        Field("Status", "picklist", options=options("Created", "Published", "Rejected")),
        Field("Product_Name", "lookup", lookup="Products"),
        Field("Question", "textarea", 32000),
        Field("Answer", "textarea", 32000),
        Field("Published", "boolean"),
    ),
)
SERVICE_VISITS = Module(
    12,
    "Service_Visits",
    "Service Visit",
    "Name",
    (
        Field(
            "Name", "autonumber", writable=False, display=True, named="Visit Number", prefix="V-"
        ),
        Field("Machine", "lookup", lookup="Machines", mandatory=True, custom=True),
        Field("Visited_On", "date", mandatory=True, custom=True),
        Field("Engineer", "userlookup", custom=True),
        Field("Report", "textarea", 2000, custom=True),
    ),
    kind="custom",
)
