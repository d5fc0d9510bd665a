"""The records that a new practice CRM starts with: invented people and companies."""

from importer.practice.organisation.company import USERS
from importer.practice.organisation.modules import MODULES
from importer.practice.organisation.people_modules import ACCOUNTS, CONTACTS, LEADS
from importer.practice.organisation.trade_modules import (
    CAMPAIGNS,
    CASES,
    DEALS,
    MACHINES,
    PRODUCTS,
    TASKS,
    VENDORS,
)
from importer.practice.storage.linked_seed import plant_links
from importer.practice.storage.stored_records import Data, StoredRecords

LEAD_ROWS = (
    ("Mr.", "Jonas", "Lindqvist", "Nordvik Timber", "Trade Show", "Contacted", "Sweden"),
    ("Ms.", "Leila", "Haddad", "Cedar & Stone", "Web Research", "Not Contacted", "Lebanon"),
    ("Mrs.", "Agnes", "Kowalczyk", "Baltic Rope Works", "Partner", "Pre-Qualified", "Poland"),
    ("Dr.", "Samuel", "Adeyemi", "Lagos Cold Chain", "Advertisement", "Contacted", "Nigeria"),
    ("Ms.", "Ines", "Carvalho", "Porto Ceramics", "Cold Call", "Lost Lead", "Portugal"),
    ("Mr.", "Dermot", "O'Leary", "Liffey Instruments", "Online Store", "Contacted", "Ireland"),
)
ACCOUNT_ROWS = (
    ("Acme Marine Supplies", "C-1001", "Customer", "Manufacturing", "Rotterdam", "Netherlands"),
    ("Bluebell Bakeries", "C-1002", "Customer", "Retail", "Bristol", "United Kingdom"),
    ("Castellan Logistics", "C-1003", "Partner", "Transportation", "Antwerp", "Belgium"),
    ("Driftwood Hotels", "C-1004", "Customer", "Real Estate", "Lisbon", "Portugal"),
    ("Evergreen Clinics", "C-1005", "Customer", "Healthcare", "Hamburg", "Germany"),
)
CONTACT_ROWS = (
    ("Maartje", "de Vries", "Acme Marine Supplies", "Purchasing Manager"),
    ("Oliver", "Pemberton", "Bluebell Bakeries", "Owner"),
    ("Chloé", "Lambert", "Castellan Logistics", "Operations Director"),
    ("Rui", "Almeida", "Driftwood Hotels", "Facilities Manager"),
    ("Katrin", "Schäfer", "Evergreen Clinics", "Head of Procurement"),
    ("Jan", "de Vries", "Acme Marine Supplies", "Warehouse Lead"),
)
DEAL_ROWS = (
    ("Winch renewal", "D-501", "Acme Marine Supplies", 48000.0, "Negotiation/Review"),
    ("Oven service contract", "D-502", "Bluebell Bakeries", 12500.5, "Qualification"),
    ("Fleet trackers", "D-503", "Castellan Logistics", 96000.0, "Closed Won"),
    ("Lobby refit", "D-504", "Driftwood Hotels", 31000.0, "Proposal/Price Quote"),
)
PRODUCT_ROWS = (
    ("Deck winch 400", "WN-400", "Hardware", 2450.0, 18.0),
    ("Deck winch 800", "WN-800", "Hardware", 4300.0, 6.0),
    ("Service visit", "SV-1", "Services", 180.0, 0.0),
)
MACHINE_ROWS = (
    ("Harbour crane", "HC-2019-0042", "Acme Marine Supplies", "2019-06-14", 8123.5),
    ("Deck oven", "DO-2021-0007", "Bluebell Bakeries", "2021-03-02", 3410.25),
    ("Forklift", "FL-2022-0110", "Castellan Logistics", "2022-11-21", 1204.0),
)


def plant_seed(records: StoredRecords) -> None:
    """Write the seed records. Needs an open transaction."""
    accounts = {
        str(data["Account_Name"]): _add(records, ACCOUNTS.api_name, data) for data in _accounts()
    }
    vendor: Data = {
        "Vendor_Name": "Keel & Hawser Foundry",
        "Email": "orders@keelhawser.example.com",
        "Website": "https://keelhawser.example.com",
        "City": "Gdynia",
        "Country": "Poland",
    }
    vendor_id = _add(records, VENDORS.api_name, vendor)
    for data in _leads():
        _add(records, LEADS.api_name, data)
    contacts = [_add(records, CONTACTS.api_name, data) for data in _contacts(accounts)]
    for data in _trade(accounts, contacts, vendor_id):
        module = str(data.pop("module"))
        _add(records, module, data)
    plant_links(records)


def _add(records: StoredRecords, module_name: str, data: Data) -> str:
    module = MODULES[module_name]
    owner = USERS[records.count(module) % len(USERS)]
    standard: Data = {"Owner": owner.id, "Layout": module.layouts[0].id}
    return str(records.add(module, standard | data))


def _mail_address(first: str, last: str, company: str) -> str:
    domain = "".join(letter for letter in company.lower() if letter.isascii() and letter.isalpha())
    name = f"{first}.{last}".lower().replace(" ", "").replace("'", "")
    return f"{name}@{domain}.example.com".translate(str.maketrans("éäöü", "eaou"))


def _leads() -> list[Data]:
    return [
        {
            "Salutation": salutation,
            "First_Name": first,
            "Last_Name": last,
            "Company": company,
            "Email": _mail_address(first, last, company),
            "Lead_Source": source,
            "Lead_Status": status,
            "Country": country,
        }
        for salutation, first, last, company, source, status, country in LEAD_ROWS
    ]


def _accounts() -> list[Data]:
    return [
        {
            "Account_Name": name,
            "Customer_Number": number,
            "Account_Type": kind,
            "Industry": industry,
            "Billing_City": city,
            "Billing_Country": country,
        }
        for name, number, kind, industry, city, country in ACCOUNT_ROWS
    ]


def _contacts(accounts: dict[str, str]) -> list[Data]:
    return [
        {
            "First_Name": first,
            "Last_Name": last,
            "Account_Name": accounts[company],
            "Title": title,
            "Email": _mail_address(first, last, company),
        }
        for first, last, company, title in CONTACT_ROWS
    ]


def _trade(accounts: dict[str, str], contacts: list[str], vendor_id: str) -> list[Data]:
    """Records of the other modules, each with the name of its module."""
    deals: list[Data] = [
        {
            "module": DEALS.api_name,
            "Deal_Name": name,
            "Deal_Reference": reference,
            "Account_Name": accounts[account],
            "Amount": amount,
            "Stage": stage,
            "Closing_Date": "2026-12-18",
        }
        for name, reference, account, amount, stage in DEAL_ROWS
    ]
    products: list[Data] = [
        {
            "module": PRODUCTS.api_name,
            "Product_Name": name,
            "Product_Code": code,
            "Product_Category": category,
            "Unit_Price": price,
            "Qty_in_Stock": stock,
            "Product_Active": True,
            "Vendor_Name": vendor_id,
        }
        for name, code, category, price, stock in PRODUCT_ROWS
    ]
    machines: list[Data] = [
        {
            "module": MACHINES.api_name,
            "Name": name,
            "Serial_Number": serial,
            "Installed_At": accounts[account],
            "Installed_On": installed,
            "Running_Hours": hours,
            "Under_Contract": True,
        }
        for name, serial, account, installed, hours in MACHINE_ROWS
    ]
    return deals + products + machines + _errands(accounts["Acme Marine Supplies"], contacts[0])


def _errands(account_id: str, contact_id: str) -> list[Data]:
    return [
        {
            "module": CAMPAIGNS.api_name,
            "Campaign_Name": "Spring boat show",
            "Type": "Trade Show",
            "Status": "Planning",
            "Start_Date": "2027-03-12",
            "Budgeted_Cost": 18000.0,
        },
        {
            "module": CASES.api_name,
            "Subject": "Winch brake slips when wet",
            "Status": "New",
            "Case_Origin": "Phone",
            "Priority": "High",
            "Account_Name": account_id,
            "Related_To": contact_id,
        },
        {
            "module": TASKS.api_name,
            "Subject": "Send the spare parts list",
            "Status": "Not Started",
            "Priority": "Normal",
            "Due_Date": "2026-12-01",
            "Who_Id": contact_id,
            "What_Id": account_id,
        },
    ]
