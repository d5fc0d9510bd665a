"""Seed records that hang together: quotes with line items, a lead with its links, visits."""

from importer.practice.organisation.company import USERS
from importer.practice.organisation.modules import MODULES
from importer.practice.storage.stored_records import Data, StoredRecords

# Module, its line items, subject, more; the first two are for the seed's first account.
DOCUMENTS = (
    ("Quotes", "Quoted_Items", "Winches for the spring fleet", "Negotiation"),
    ("Sales_Orders", "Ordered_Items", "Two deck winches", "Approved"),
    ("Invoices", "Invoiced_Items", "Two deck winches, delivered", "Paid"),
)
ITEMS = (("WN-400", 2.0, 2450.0), ("SV-1", 1.0, 180.0))
RANGES = ((1.0, 9.0, 0.0), (10.0, 99.0, 5.0))
SIMPLE: tuple[tuple[str, Data], ...] = (
    (
        "Solutions",
        {"Solution_Title": "Brake slips when wet", "Status": "Published", "Published": True},
    ),
    (
        "Price_Books",
        {"Price_Book_Name": "Dealers 2027", "Pricing_Model": "Flat", "Active": True},
    ),
    (
        "Events",
        {
            "Event_Title": "Visit to the shipyard",
            "Start_DateTime": "2026-12-03T10:00:00+01:00",
            "End_DateTime": "2026-12-03T12:00:00+01:00",
            "Remind_At": "2026-12-03T09:45:00+01:00",
            "Venue": "Rotterdam",
        },
    ),
    (
        "Calls",
        {
            "Subject": "Spare parts, first talk",
            "Call_Type": "Outbound",
            "Call_Start_Time": "2026-11-16T14:30:00+01:00",
            "Call_Duration": "12:00",
        },
    ),
)


def plant_links(records: StoredRecords) -> None:
    """Write them; the records that they point at are there. Needs an open transaction."""
    for module, data in SIMPLE:
        _add(records, module, data)
    book = _first(records, "Price_Books", "Price_Book_Name", "Dealers 2027")
    for from_range, to_range, discount in RANGES:
        price: Data = {"from_range": from_range, "to_range": to_range, "discount": discount}
        _add(records, "Pricing_Details", price | {"Parent_Id": book})
    account = _first(records, "Accounts", "Account_Name", "Acme Marine Supplies")
    products = {code: _first(records, "Products", "Product_Code", code) for code, _, _ in ITEMS}
    for module, items, subject, status in DOCUMENTS:
        document: Data = {"Subject": subject, "Status": status, "Account_Name": account}
        _add_items(records, items, _add(records, module, document), products)
    vendor = _first(records, "Vendors", "Vendor_Name", "Keel & Hawser Foundry")
    order: Data = {"Subject": "Castings for winches", "Vendor_Name": vendor, "Status": "Created"}
    _add_items(records, "Purchased_Items", _add(records, "Purchase_Orders", order), products)
    crane = _first(records, "Machines", "Serial_Number", "HC-2019-0042")
    visit: Data = {"Machine": crane, "Visited_On": "2026-10-08", "Engineer": USERS[1].id}
    _add(records, "Service_Visits", visit | {"Report": "Greased the slewing ring."})
    _add_lead_links(records, products["WN-400"])


def _add_lead_links(records: StoredRecords, product: str) -> None:
    lead = _first(records, "Leads", "Email", "jonas.lindqvist@nordviktimber.example.com")
    contact: Data = {"Contact_Name": "Elin Berg", "Contact_Email": "elin.berg@example.com"}
    _add(records, "Secondary_Contacts", contact | {"Role": "Buyer", "Parent_Id": lead})
    _add(records, "Leads_X_Products", {"Interested_Lead": lead, "Interesting_Product": product})
    _add(records, "Leads_X_Users", {"Supported_Lead": lead, "Supporting_User": USERS[2].id})


def _add_items(records: StoredRecords, items: str, document: str, products: dict[str, str]) -> None:
    for code, quantity, price in ITEMS:
        item: Data = {"Product_Name": products[code], "Quantity": quantity, "List_Price": price}
        _add(records, items, item | {"Parent_Id": document})


def _add(records: StoredRecords, module_name: str, data: Data) -> str:
    module = MODULES[module_name]
    standard: Data = {"Owner": USERS[0].id, "Layout": module.layouts[0].id}
    return str(records.add(module, standard | data))


def _first(records: StoredRecords, module_name: str, field: str, value: str) -> str:
    return str(records.find(MODULES[module_name], field, value)[0])
