"""Quotes, orders and invoices: documents with line items, and what these come to."""

from typing import Any

import pytest

from tests.practice.caller import Caller
from tests.practice.records_calls import added, codes, first, write

ITEMS = {
    "Quotes": "Quoted_Items",
    "Sales_Orders": "Ordered_Items",
    "Purchase_Orders": "Purchased_Items",
    "Invoices": "Invoiced_Items",
}
every_document = pytest.mark.parametrize("module", ITEMS)


@pytest.fixture
def product(caller: Caller) -> dict[str, Any]:
    found = caller.find("select id from Products where Product_Code = 'WN-400'")
    return {"id": found[0]["id"]}


def document(caller: Caller, module: str, items: Any) -> dict[str, Any]:
    given = {"Subject": "Two winches", ITEMS[module]: items}
    if module == "Purchase_Orders":
        vendor = caller.find("select id from Vendors where Vendor_Name is not null")[0]["id"]
        given["Vendor_Name"] = {"id": vendor}
    return given


@every_document
def test_document_keeps_its_items_and_adds_them_up(caller: Caller, product, module):
    items = [
        {"Product_Name": product, "Quantity": 2, "List_Price": 2450.0},
        {"Product_Name": product, "Quantity": 1, "List_Price": 100.0, "Discount": 10.0},
    ]

    record = caller.record(module, added(caller, module, **document(caller, module, items)))

    assert [row["Total"] for row in record[ITEMS[module]]] == [4900.0, 90.0]
    assert record["Grand_Total"] == 4990.0
    assert record[ITEMS[module]][0]["Product_Name"] == {**product, "name": "Deck winch 400"}


@every_document
@pytest.mark.parametrize("items", [None, []])
def test_document_cannot_be_without_items(caller: Caller, module, items):
    answer = write(caller, module, document(caller, module, items))

    assert codes(answer) == ["MANDATORY_NOT_FOUND"]
    assert first(answer)["details"]["api_name"] == ITEMS[module]


@every_document
def test_item_without_its_product_keeps_the_document_out(caller: Caller, module):
    answer = write(caller, module, document(caller, module, [{"Quantity": 1}]))

    assert codes(answer) == ["MANDATORY_NOT_FOUND"]
    assert first(answer)["details"]["json_path"] == f"$.data[0].{ITEMS[module]}[0].Product_Name"
    assert caller.find(f"select id from {module} where Subject = 'Two winches'") == []


def test_order_needs_its_vendor(caller: Caller, product):
    given = {"Subject": "A", "Purchased_Items": [{"Product_Name": product}]}

    answer = write(caller, "Purchase_Orders", given)

    assert codes(answer) == ["MANDATORY_NOT_FOUND"]
    assert first(answer)["details"]["api_name"] == "Vendor_Name"


def test_price_book_needs_its_ranges(caller: Caller):
    ranges = [{"from_range": 1, "to_range": 9, "discount": 0}]
    ranges.append({"from_range": 10, "to_range": 99, "discount": 5})
    lacking = write(caller, "Price_Books", {"Price_Book_Name": "Dealers"})
    book = added(caller, "Price_Books", Price_Book_Name="Dealers", Pricing_Details=ranges)

    assert codes(lacking) == ["MANDATORY_NOT_FOUND"]
    assert first(lacking)["details"]["api_name"] == "Pricing_Details"
    kept = caller.record("Price_Books", book)["Pricing_Details"]
    assert [{key: row[key] for key in ranges[0]} for row in kept] == ranges


def test_price_books_of_a_file_need_no_ranges(caller: Caller):
    lines = [["Price_Book_Name"], ["Dealers"]]

    [row] = caller.run(lines, module="Price_Books", mappings=lines[0])

    assert row["STATUS"] == "ADDED"


def test_document_has_a_hundred_items_at_most(caller: Caller, product):
    items = [{"Product_Name": product, "Quantity": 1}] * 101

    answer = write(caller, "Quotes", document(caller, "Quotes", items))

    assert codes(answer) == ["LIMIT_EXCEEDED"]
    assert first(answer)["details"]["api_name"] == "Quoted_Items"


@every_document
def test_document_is_upserted_by_its_subject(caller: Caller, product, module):
    items = [{"Product_Name": product, "Quantity": 1, "List_Price": 5.0}]
    body = {"data": [document(caller, module, items)]}

    answers = [caller.http.post(f"/crm/v7/{module}/upsert", json=body) for _ in range(2)]

    assert [first(answer)["action"] for answer in answers] == ["insert", "update"]
    assert first(answers[1])["duplicate_field"] == "Subject"
