"""Every module of the organisation, by its API name."""

from typing import Final

from importer.practice.organisation.activity_modules import CALLS, EVENTS
from importer.practice.organisation.inventory_modules import (
    INVOICED_ITEMS,
    INVOICES,
    ORDERED_ITEMS,
    PRICE_BOOKS,
    PRICING_DETAILS,
    PURCHASE_ORDERS,
    PURCHASED_ITEMS,
    QUOTED_ITEMS,
    QUOTES,
    SALES_ORDERS,
)
from importer.practice.organisation.linked_modules import (
    LEADS_X_PRODUCTS,
    LEADS_X_USERS,
    SECONDARY_CONTACTS,
)
from importer.practice.organisation.people_modules import ACCOUNTS, CONTACTS, LEADS
from importer.practice.organisation.trade_modules import (
    CAMPAIGNS,
    CASES,
    DEALS,
    MACHINES,
    PRODUCTS,
    SERVICE_VISITS,
    SOLUTIONS,
    TASKS,
    VENDORS,
)

LISTED: Final = (
    LEADS,
    CONTACTS,
    ACCOUNTS,
    DEALS,
    PRODUCTS,
    VENDORS,
    CAMPAIGNS,
    CASES,
    TASKS,
    EVENTS,
    CALLS,
    SOLUTIONS,
    PRICE_BOOKS,
    QUOTES,
    SALES_ORDERS,
    PURCHASE_ORDERS,
    INVOICES,
    MACHINES,
    SERVICE_VISITS,
)
WITHIN_OTHERS: Final = (
    SECONDARY_CONTACTS,
    LEADS_X_PRODUCTS,
    LEADS_X_USERS,
    QUOTED_ITEMS,
    ORDERED_ITEMS,
    PURCHASED_ITEMS,
    INVOICED_ITEMS,
    PRICING_DETAILS,
)
MODULES: Final = {module.api_name: module for module in (*LISTED, *WITHIN_OTHERS)}
