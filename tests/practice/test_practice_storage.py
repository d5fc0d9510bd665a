"""Look-ups do not get slower with the number of records."""

import time

import pytest

from importer.practice.organisation.linked_modules import SECONDARY_CONTACTS
from importer.practice.organisation.people_modules import LEADS
from importer.practice.storage.store import Store
from importer.practice.storage.stored_records import StoredRecords

FEW, MANY, LOOK_UPS = 500, 20_000, 500


def filled(folder, count):
    store = Store(folder)
    with store.transaction() as db:
        records = StoredRecords(db)
        for n in range(count):
            lead = records.add(LEADS, {"Email": f"p{n}@example.com", "Last_Name": f"Person {n}"})
            records.add(SECONDARY_CONTACTS, {"Contact_Name": "Ann", "Parent_Id": str(lead)})
    return StoredRecords(store.db)


def seconds_for(look_up, count):
    """For look-ups spread over all records; the best of three."""
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        for n in range(LOOK_UPS):
            assert look_up(n * (count // LOOK_UPS))
        taken.append(time.perf_counter() - start)
    return min(taken)


@pytest.fixture(scope="module")
def few_and_many(tmp_path_factory):
    return [(filled(tmp_path_factory.mktemp("store"), n), n) for n in (FEW, MANY)]


def test_look_up_by_unique_field_costs_the_same_among_forty_times_more(few_and_many):
    few, many = (
        seconds_for(lambda n, held=held: held.find(LEADS, "Email", f"P{n}@example.com"), count)
        for held, count in few_and_many
    )

    assert many < 5 * few


def test_rows_of_a_parent_cost_the_same_among_forty_times_more(few_and_many):
    def rows_of(held, n):
        lead = held.find(LEADS, "Email", f"p{n}@example.com")[0]
        return held.pointing(SECONDARY_CONTACTS, "Parent_Id", lead)

    few, many = (
        seconds_for(lambda n, held=held: rows_of(held, n), count) for held, count in few_and_many
    )

    assert many < 5 * few


def test_database_of_an_older_version_starts_afresh(tmp_path):
    store = Store(tmp_path)
    with store.transaction() as db:
        StoredRecords(db).add(LEADS, {"Last_Name": "Rao"})
        db.execute("PRAGMA user_version = 1")

    assert StoredRecords(Store(tmp_path).db).count(LEADS) == 0
