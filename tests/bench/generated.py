"""Invented leads of twenty columns, the same ones every time."""

import csv
import random
from collections.abc import Iterator
from pathlib import Path

from importer.crm.schema import Module

FIELDS = (
    "Email",
    "Last_Name",
    "First_Name",
    "Company",
    "Designation",
    "Secondary_Email",
    "Phone",
    "Mobile",
    "Fax",
    "Website",
    "Lead_Source",
    "Lead_Status",
    "Industry",
    "Rating",
    "No_of_Employees",
    "Annual_Revenue",
    "Street",
    "City",
    "Zip_Code",
    "Country",
)
FIRST_NAMES = ("Ana", "Björn", "Chidi", "Dorota", "Élise", "Farid", "Grace", "Hugo")
LAST_NAMES = ("Almeida", "Bauer", "Çelik", "Dubois", "Eriksen", "Fofana", "García", "Hughes")
TRADES = ("Bakeries", "Ceramics", "Instruments", "Logistics", "Timber")
CITIES = (("Antwerp", "Belgium"), ("Gdańsk", "Poland"), ("Lagos", "Nigeria"), ("Porto", "Portugal"))


def write_leads(path: Path, count: int, module: Module, seed: int = 1) -> None:
    """A CSV of so many leads, headed by API names; its picklists hold the module's options."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(FIELDS)
        writer.writerows(_leads(count, module, random.Random(seed)))


def _leads(count: int, module: Module, chance: random.Random) -> Iterator[list[str]]:
    options = {f.api_name: [o.value for o in f.options] for f in module.fields if f.options}
    for number in range(count):
        first, last = chance.choice(FIRST_NAMES), chance.choice(LAST_NAMES)
        city, country = chance.choice(CITIES)
        company = f"{last} {chance.choice(TRADES)}"
        lead = {
            "Email": f"lead{number}@example.com",
            "Last_Name": last,
            "First_Name": first,
            "Company": company,
            "Designation": "Purchasing Manager",
            "Secondary_Email": f"office{number}@example.org",
            "Phone": f"+49 40 {chance.randrange(10**6, 10**7)}",
            "Mobile": f"+49 171 {chance.randrange(10**6, 10**7)}",
            "Fax": f"+49 40 {chance.randrange(10**6, 10**7)}",
            "Website": f"https://www.example.com/{number}",
            "No_of_Employees": str(chance.randrange(1, 5000)),
            "Annual_Revenue": f"{chance.randrange(10**4, 10**8)}.50",
            "Street": f"{chance.randrange(1, 400)} Quay Road",
            "City": city,
            "Zip_Code": f"{chance.randrange(10**4, 10**5)}",
            "Country": country,
        }
        yield [lead[f] if f in lead else chance.choice(options[f]) for f in FIELDS]
