"""Look-ups do not get slower with the number of records; the work is counted, not timed."""

import pytest

from importer.practice.organisation.linked_modules import SECONDARY_CONTACTS
from importer.practice.organisation.people_modules import LEADS
from importer.practice.storage.store import Store, next_ids
from importer.practice.storage.stored_records import FIND, FIND_EACH, StoredRecords

FEW, MANY = 500, 20_000
BY_KEY = "SEARCH keys USING PRIMARY KEY (module=? AND field=? AND value=?"


def filled(folder, count):
    """A store with so many leads, each with a row of its subform."""
    store = Store(folder)
    with store.transaction() as db:
        records, ids, row_ids = StoredRecords(db), next_ids(db, count), next_ids(db, count)
        people = {one: {"Email": f"p{one - ids[0]}@example.com"} for one in ids}
        rows = zip(row_ids, ids, strict=True)
        records.insert(LEADS, people)
        records.insert(SECONDARY_CONTACTS, {row: {"Parent_Id": str(one)} for row, one in rows})
    return StoredRecords(store.db)


def steps_of(records, look_up):
    """How many instructions SQLite's machine runs for a look-up, and what it finds."""
    steps = 0

    def count():
        nonlocal steps
        steps += 1

    records.db.set_progress_handler(count, 1)
    found = look_up(records)
    records.db.set_progress_handler(None, 0)
    return steps, len(found)


@pytest.fixture(scope="module")
def few_and_many(tmp_path_factory):
    return [filled(tmp_path_factory.mktemp("store"), count) for count in (FEW, MANY)]


@pytest.mark.parametrize(
    ("look_up", "found"),
    [
        (lambda records: records.find(LEADS, "Email", "P123@example.com"), 1),
        (lambda records: records.find(LEADS, "Email", "P123@example.com", exact=True), 0),
        (lambda records: records.find_each(LEADS, "Email", ["p1@example.com", "p9"]), 2),
        (lambda records: rows_of_first(records), 1),
    ],
    ids=["one", "exact", "each", "rows of a parent"],
)
def test_look_up_takes_as_many_steps_among_forty_times_more(few_and_many, look_up, found):
    few, many = (steps_of(records, look_up) for records in few_and_many)

    assert few == many
    assert few[1] == found
    assert few[0] < FEW


def rows_of_first(records):
    lead = records.find(LEADS, "Email", "p0@example.com")[0]
    return records.pointing(SECONDARY_CONTACTS, "Parent_Id", lead)


@pytest.mark.parametrize("sql", [FIND, FIND_EACH])
def test_look_up_goes_down_the_index(few_and_many, sql):
    marks = [None] * sql.count("?")

    plan = few_and_many[0].db.execute(f"EXPLAIN QUERY PLAN {sql}", marks).fetchall()

    assert plan[-1]["detail"].startswith(BY_KEY)


def test_changed_record_is_found_by_its_new_value_alone(tmp_path):
    store = Store(tmp_path)
    records = StoredRecords(store.db)
    with store.transaction():
        changed, left = (records.add(LEADS, {"Email": email}) for email in ("a@b.com", "c@d.com"))
        records.change(LEADS, records.get(LEADS, changed), {"Email": "e@f.com"})
        records.change(LEADS, records.get(LEADS, left), {"City": "Delft"})

    found = {one: records.find(LEADS, "Email", one) for one in ("a@b.com", "c@d.com", "e@f.com")}

    assert found == {"a@b.com": [], "c@d.com": [left], "e@f.com": [changed]}


def test_database_of_an_older_version_starts_afresh(tmp_path):
    store = Store(tmp_path)
    with store.transaction() as db:
        StoredRecords(db).add(LEADS, {"Last_Name": "Rao"})
        db.execute("PRAGMA user_version = 1")

    assert StoredRecords(Store(tmp_path).db).count(LEADS) == 0
