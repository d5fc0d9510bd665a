"""Quotes, orders, invoices with their line items, and price books, as data."""

from importer.practice.organisation.common_fields import DESCRIPTION, address
from importer.practice.organisation.fields import Field, Option, options
from importer.practice.organisation.module import Module

QUOTE_STAGES = options("Draft", "Negotiation", "Delivered", "On Hold", "Confirmed", "Closed Won")
ORDER_STATES = options("Created", "Approved", "Delivered", "Cancelled")
INVOICE_STATES = options("Created", "Approved", "Delivered", "Paid", "Cancelled")


def sale(
    number: int, api_name: str, singular: str, states: tuple[Option, ...], items: str
) -> Module:
    """A document for a customer, with line items."""
    return Module(
        number,
        api_name,
        singular,
        "Subject",
        (
            Field("Subject", max_length=300, mandatory=True, display=True),
            Field("Status", "picklist", options=states),
            Field("Account_Name", "lookup", lookup="Accounts"),
            Field("Contact_Name", "lookup", lookup="Contacts"),
            Field("Deal_Name", "lookup", lookup="Deals"),
            Field("Valid_Till", "date"),
            *totals(items),
            *address("Billing_", "Code"),
            *address("Shipping_", "Code"),
            DESCRIPTION,
        ),
    )


def totals(items: str) -> tuple[Field, ...]:
    """The line items of a document, and what they come to."""
    return (
        Field(items, "subform", mandatory=True, rows_in=items),
        Field("Adjustment", "currency"),
        Field("Grand_Total", "formula", writable=False),
        Field("Terms_and_Conditions", "textarea", 32000),
    )


def line_items(number: int, api_name: str, parent: str) -> Module:
    """The rows of a document: a product, how many, at what price."""
    return Module(
        number,
        api_name,
        "Line Item",
        "Product_Name",
        (
            Field("Product_Name", "lookup", lookup="Products", mandatory=True, display=True),
            Field("Quantity", "double"),
            Field("List_Price", "currency"),
            Field("Discount", "currency"),
            Field("Description", "textarea", 2000),
            Field("Total", "formula", writable=False),
            Field("Parent_Id", "lookup", lookup=parent, mandatory=True),
        ),
        kind="subform",
        parent=parent,
    )


QUOTES = sale(15, "Quotes", "Quote", QUOTE_STAGES, "Quoted_Items")
SALES_ORDERS = sale(16, "Sales_Orders", "Sales Order", ORDER_STATES, "Ordered_Items")
INVOICES = sale(17, "Invoices", "Invoice", INVOICE_STATES, "Invoiced_Items")
PURCHASE_ORDERS = Module(
    18,
    "Purchase_Orders",
    "Purchase Order",
    "Subject",
    (
        Field("Subject", max_length=300, mandatory=True, display=True),
        Field("Vendor_Name", "lookup", lookup="Vendors", mandatory=True),
        Field("Status", "picklist", options=ORDER_STATES),
        Field("PO_Date", "date"),
        *totals("Purchased_Items"),
        DESCRIPTION,
    ),
)
PRICE_BOOKS = Module(
    19,
    "Price_Books",
    "Price Book",
    "Price_Book_Name",
    (
        Field("Price_Book_Name", max_length=120, mandatory=True, display=True),
        Field("Pricing_Model", "picklist", options=options("Flat", "Differential")),
        Field("Active", "boolean"),
        Field("Pricing_Details", "subform", mandatory=True, rows_in="Pricing_Details"),
        DESCRIPTION,
    ),
)
PRICING_DETAILS = Module(
    27,
    "Pricing_Details",
    "Price Range",
    "from_range",
    (
        Field("from_range", "double", mandatory=True, display=True, named="From"),
        Field("to_range", "double", mandatory=True, named="To"),
        Field("discount", "percent", mandatory=True, named="Discount"),
        Field("Parent_Id", "lookup", lookup="Price_Books", mandatory=True),
    ),
    kind="subform",
    parent="Price_Books",
)
QUOTED_ITEMS = line_items(20, "Quoted_Items", "Quotes")
ORDERED_ITEMS = line_items(21, "Ordered_Items", "Sales_Orders")
INVOICED_ITEMS = line_items(22, "Invoiced_Items", "Invoices")
PURCHASED_ITEMS = line_items(23, "Purchased_Items", "Purchase_Orders")
INVENTORY = frozenset({"Quotes", "Sales_Orders", "Invoices", "Purchase_Orders"})
