"""How rows are judged and what becomes of them, for each operation and type."""

import pytest

from importer.practice.bulk.job_work import BATCH_ROWS
from tests.practice.caller import Caller
from tests.practice.records_calls import added

KEYED = ["Email", "Last_Name", "Company"]
ACME = "Acme Marine Supplies"


def statuses(rows):
    return [(row["STATUS"], row["ERRORS"]) for row in rows]


def first_lead(caller: Caller, email: str, fields: str = "Last_Name, Company"):
    return caller.find(f"select {fields} from Leads where Email = '{email}'")[0]


def test_insert_adds_rows_and_echoes_the_first_three_mapped_columns(caller: Caller):
    rows = caller.run(
        [["Last", "Mail", "Firm", "City"], ["Rao", "a.rao@example.com", "Zylker", "Pune"]],
        mappings=["Last_Name", "Email", "Company", "City"],
    )

    assert list(rows[0]) == ["Last", "Mail", "Firm", "STATUS", "RECORD_ID", "ERRORS"]
    assert statuses(rows) == [("ADDED", "")]
    record = caller.record("Leads", rows[0]["RECORD_ID"])
    assert (record["City"], record["Full_Name"]) == ("Pune", "Rao")


def test_errors_are_grouped_by_code_and_name_columns_by_header(caller: Caller):
    rows = caller.run(
        [["Mail", "Name", "Firm", "Staff"], ["nobody", "", "", "many"]],
        mappings=["Email", "Last_Name", "Company", "No_of_Employees"],
    )

    assert statuses(rows) == [
        ("SKIPPED", "INVALID_DATA-Mail,Staff:MANDATORY_NOT_FOUND-Name,Firm"),
    ]
    assert rows[0]["RECORD_ID"] == ""


def test_insert_skips_a_unique_value_that_is_taken(caller: Caller):
    line = ["a.rao@example.com", "Rao", "Zylker"]

    rows = caller.run([KEYED, line, [line[0].upper(), "Other", "Other"]], mappings=KEYED)

    assert statuses(rows) == [("ADDED", ""), ("SKIPPED", "DUPLICATE_DATA-Email")]


def test_insert_with_find_by_leaves_the_existing_record_alone(caller: Caller):
    caller.run([KEYED, ["a.rao@example.com", "Rao", "Zylker"]], mappings=KEYED)

    rows = caller.run(
        [KEYED, ["a.rao@example.com", "Changed", "Changed"]], mappings=KEYED, find_by="Email"
    )

    assert statuses(rows) == [("SKIPPED", "DUPLICATE_DATA-Email")]
    assert first_lead(caller, "a.rao@example.com")["Last_Name"] == "Rao"


def test_update_changes_what_it_finds_and_creates_nothing(caller: Caller):
    caller.run([KEYED, ["a.rao@example.com", "Rao", "Zylker"]], mappings=KEYED)

    rows = caller.run(
        [KEYED, ["A.RAO@example.com ", "Rao", "New"], ["b@example.com", "B", "B"], ["", "C", "C"]],
        operation="update",
        find_by="Email",
        mappings=KEYED,
    )

    assert statuses(rows) == [
        ("UPDATED", ""),
        ("SKIPPED", "RESOURCE_NOT_FOUND-Email"),
        ("SKIPPED", "MANDATORY_NOT_FOUND-Email"),
    ]
    assert first_lead(caller, "a.rao@example.com")["Company"] == "New"


def test_update_by_id(caller: Caller):
    added = caller.run([KEYED, ["a.rao@example.com", "Rao", "Zylker"]], mappings=KEYED)
    record_id = added[0]["RECORD_ID"]

    rows = caller.run(
        [["id", "City"], [record_id, "Pune"], ["5725767000009999999", "Pune"]],
        operation="update",
        find_by="id",
        mappings=["id", "City"],
    )

    assert statuses(rows) == [("UPDATED", ""), ("SKIPPED", "RESOURCE_NOT_FOUND-id")]
    assert rows[0]["RECORD_ID"] == record_id
    assert caller.record("Leads", record_id)["City"] == "Pune"


def test_upsert_updates_or_adds_from_top_to_bottom(caller: Caller):
    lines = [KEYED, ["a@example.com", "A", "One"], ["a@example.com", "A", "Two"], ["", "N", "N"]]

    rows = caller.run(lines, operation="upsert", find_by="Email", mappings=KEYED)
    again = caller.run(lines[:2], operation="upsert", find_by="Email", mappings=KEYED)

    assert [row["STATUS"] for row in rows] == ["ADDED", "UPDATED", "ADDED"]
    assert rows[0]["RECORD_ID"] == rows[1]["RECORD_ID"] == again[0]["RECORD_ID"]
    assert again[0]["STATUS"] == "UPDATED"


def test_update_skips_a_clash_with_another_records_unique_value(caller: Caller):
    header = ["id", "Email"]
    added = caller.run(
        [KEYED, ["a@example.com", "A", "A"], ["b@example.com", "B", "B"]], mappings=KEYED
    )

    rows = caller.run(
        [
            header,
            [added[1]["RECORD_ID"], "a@example.com"],
            [added[0]["RECORD_ID"], "a@example.com"],
        ],
        operation="update",
        find_by="id",
        mappings=header,
    )

    assert statuses(rows) == [("SKIPPED", "DUPLICATE_DATA-Email"), ("UPDATED", "")]


@pytest.mark.parametrize(
    ("ignore_empty", "phone", "last_name"),
    [
        (True, "5550100", ("UPDATED", "")),
        (False, None, ("SKIPPED", "MANDATORY_NOT_FOUND-Last_Name")),
    ],
)
def test_blank_cells_erase_unless_they_are_ignored(caller: Caller, ignore_empty, phone, last_name):
    header = ["Email", "Last_Name", "Company", "Phone"]
    caller.run([header, ["a@example.com", "A", "A", "5550100"]], mappings=header)

    rows = caller.run(
        [header, ["a@example.com", "A", "A", " "], ["a@example.com", "", "A", "5550100"]],
        operation="update",
        find_by="Email",
        ignore_empty=ignore_empty,
        mappings=header,
    )

    assert statuses(rows) == [("UPDATED", ""), last_name]
    kept = first_lead(caller, "a@example.com", "Phone")["Phone"]
    assert kept == ("5550100" if ignore_empty else phone)


def test_default_fills_blank_cells_and_columns_that_are_not_there(caller: Caller):
    city = {"api_name": "City", "index": 3, "default_value": {"value": "Pune"}}
    source = {"api_name": "Lead_Source", "default_value": {"value": "Trade Show"}}

    rows = caller.run(
        [[*KEYED, "City"], ["a@example.com", "A", "A", ""], ["b@example.com", "B", "B", "Goa"]],
        mappings=[*KEYED, city, source],
    )

    records = [caller.record("Leads", row["RECORD_ID"]) for row in rows]
    found = [(record["City"], record["Lead_Source"]) for record in records]
    assert found == [("Pune", "Trade Show"), ("Goa", "Trade Show")]


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("No_of_Employees", "350", 350),
        ("Annual_Revenue", "250000.909", 250000.90),
        ("Discount", "12.5", 12.5),
        ("Legacy_Number", "0012345600012", "0012345600012"),
        ("Email_Opt_Out", "true", True),
        ("Birth_Date", "12/31/1990", "1990-12-31"),
        ("Call_Back_At", "03/02/2026 10:15:30", "2026-03-02T10:15:30+01:00"),
        ("Call_Back_At", "2026-07-02T10:15:30Z", "2026-07-02T10:15:30+00:00"),
        ("Interests", "Analytics;Gardening", ["Analytics", "Gardening"]),
        ("Showroom", "Houston Showroom", "Houston"),
        ("Lead_Status", "-None-", None),
        ("Website", "https://zylker.example.com/x", "https://zylker.example.com/x"),
        ("Secondary_Email", "jürgen@bücher.de", "jürgen@bücher.de"),
    ],
)
def test_value_is_kept_in_its_type(caller: Caller, field, text, value):
    rows = caller.run(
        [["Last_Name", "Company", field], ["A", "A", text]],
        mappings=["Last_Name", "Company", field],
    )

    assert statuses(rows) == [("ADDED", "")]
    assert caller.record("Leads", rows[0]["RECORD_ID"])[field] == value


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("No_of_Employees", "1,000"),
        ("No_of_Employees", "1234567890"),
        ("Annual_Revenue", "€ 5"),
        ("Annual_Revenue", "12345678901234567"),
        ("Email_Opt_Out", "yes"),
        ("Birth_Date", "31/12/1990"),
        ("Birth_Date", "02/30/1990"),
        ("Phone", "555/010"),
        ("Website", "localhost"),
        ("Secondary_Email", "a@x"),
        ("First_Name", "x" * 41),
        ("Account_Manager", "nobody@example.com"),
    ],
)
def test_wrong_value_keeps_the_row_out(caller: Caller, field, text):
    rows = caller.run(
        [["Last_Name", "Company", field], ["A", "A", text]],
        mappings=["Last_Name", "Company", field],
    )

    assert statuses(rows) == [("SKIPPED", f"INVALID_DATA-{field}")]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("MM/dd/yyyy", "02/03/2026"),
        ("dd/MM/yyyy", "03/02/2026"),
        ("yyyy-MM-dd", "2026-02-03"),
        ("dd.MMM.yyyy", "03.Feb.2026"),
        ("MMMM dd,yyyy", "February 03,2026"),
    ],
)
def test_format_says_how_dates_are_written(caller: Caller, pattern, text):
    date = {"api_name": "Birth_Date", "index": 2, "format": pattern}

    rows = caller.run(
        [["Last_Name", "Company", "Born"], ["A", "A", text], ["B", "B", "2026"]],
        mappings=["Last_Name", "Company", date],
    )

    assert statuses(rows) == [("ADDED", ""), ("SKIPPED", "INVALID_DATA-Born")]
    assert caller.record("Leads", rows[0]["RECORD_ID"])["Birth_Date"] == "2026-02-03"


def test_layout_of_a_row_is_told_by_name_or_id_and_is_else_the_default_one(caller: Caller):
    told = caller.http.get("/crm/v7/settings/layouts?module=Leads").json()["layouts"]
    standard, referral = told
    texts = (referral["name"], referral["id"], standard["name"], "", "Nowhere")
    columns = ["Last_Name", "Company", "Layout"]

    rows = caller.run([columns, *(["A", "A", text] for text in texts)], mappings=columns)

    assert statuses(rows) == [("ADDED", "")] * len(texts)
    layouts = [caller.record("Leads", row["RECORD_ID"])["Layout"]["id"] for row in rows]
    assert layouts == [one["id"] for one in (referral, referral, standard, standard, standard)]


@pytest.mark.parametrize("key", ["id", "name"])
def test_layout_of_a_whole_file_is_told_by_name_or_id(caller: Caller, key):
    _, referral = caller.http.get("/crm/v7/settings/layouts?module=Leads").json()["layouts"]
    layout = {"api_name": "Layout", "default_value": {"value": referral[key]}}
    columns = ["Last_Name", "Company"]

    [row] = caller.run([columns, ["A", "A"]], mappings=[*columns, layout])

    assert caller.record("Leads", row["RECORD_ID"])["Layout"]["id"] == referral["id"]


def test_layout_stays_where_the_cell_of_an_update_is_blank(caller: Caller):
    _, referral = caller.http.get("/crm/v7/settings/layouts?module=Leads").json()["layouts"]
    lead = added(caller, Email="a@example.com", Layout={"id": referral["id"]})
    columns = ["Email", "Layout"]

    rows = caller.run(
        [columns, ["a@example.com", ""]], mappings=columns, operation="update", find_by="Email"
    )

    assert statuses(rows) == [("UPDATED", "")]
    assert caller.record("Leads", lead)["Layout"]["id"] == referral["id"]


def test_lookup_finds_its_target_by_name_key_or_id(caller: Caller):
    account = caller.find(f"select Account_Name from Accounts where Account_Name = '{ACME}'")[0]

    for find_by, text in (
        ("Account_Name", ACME.upper()),
        ("Customer_Number", "C-1001"),
        ("id", account["id"]),
    ):
        partner = {"api_name": "Partner", "index": 2, "find_by": find_by}
        rows = caller.run(
            [["Last_Name", "Company", "Partner"], ["A", "A", text], ["B", "B", "Nobody"]],
            mappings=["Last_Name", "Company", partner],
        )

        assert statuses(rows) == [("ADDED", ""), ("SKIPPED", "INVALID_DATA-Partner")]
        record = caller.record("Leads", rows[0]["RECORD_ID"])
        assert record["Partner"] == {"id": account["id"], "name": ACME}


def test_lookup_with_two_targets_is_refused(caller: Caller):
    caller.run([["Account_Name"], [ACME]], module="Accounts", mappings=["Account_Name"])
    partner = {"api_name": "Partner", "index": 2, "find_by": "Account_Name"}

    rows = caller.run(
        [["Last_Name", "Company", "Partner"], ["A", "A", ACME]],
        mappings=["Last_Name", "Company", partner],
    )

    assert statuses(rows) == [("SKIPPED", "INVALID_DATA-Partner")]


def test_lookup_finds_nothing_that_the_same_job_writes(caller: Caller):
    header, daughter = ["Account_Name", "Parent_Account.Account_Name"], ["Daughter", "Mother"]
    others = [[f"Account {number}", ""] for number in range(BATCH_ROWS)]

    first = caller.run([header, ["Mother", ""], daughter, *others, daughter], module="Accounts")
    second = caller.run([header, daughter], module="Accounts")

    wrong = ("SKIPPED", "INVALID_DATA-Parent_Account.Account_Name")
    assert [statuses(first)[place] for place in (0, 1, -1)] == [("ADDED", ""), wrong, wrong]
    assert statuses(second) == [("ADDED", "")]


def test_unique_value_is_free_once_an_earlier_row_gave_it_up(caller: Caller):
    emails = ["a@example.com", "b@example.com"]
    ids = [added(caller, Email=email) for email in emails]

    rows = caller.run(
        [["id", "Email"], [ids[0], "c@example.com"], [ids[1], emails[0]], [ids[0], emails[0]]],
        operation="update",
        find_by="id",
        mappings=["id", "Email"],
    )

    assert statuses(rows) == [
        ("UPDATED", ""),
        ("UPDATED", ""),
        ("SKIPPED", "DUPLICATE_DATA-Email"),
    ]
    assert [caller.record("Leads", one)["Email"] for one in ids] == ["c@example.com", emails[0]]


def test_owner_is_found_by_email(caller: Caller):
    owner = {"api_name": "Owner", "index": 2, "find_by": "email"}

    rows = caller.run(
        [["Last_Name", "Company", "Owner"], ["A", "A", "amara.okafor@harbourlane.example.com"]],
        mappings=["Last_Name", "Company", owner],
    )

    assert caller.record("Leads", rows[0]["RECORD_ID"])["Owner"]["name"] == "Amara Okafor"


def test_unknown_option_is_added_to_the_picklist(caller: Caller):
    caller.run(
        [["Last_Name", "Company", "Industry"], ["A", "A", "Beekeeping"]],
        mappings=["Last_Name", "Company", "Industry"],
    )

    fields = caller.http.get("/crm/v7/settings/fields?module=Leads").json()["fields"]
    industry = next(field for field in fields if field["api_name"] == "Industry")
    assert industry["pick_list_values"][-1]["display_value"] == "Beekeeping"


def test_custom_module_is_found_by_its_key(caller: Caller):
    header = ["Serial_Number", "Name", "Running_Hours"]

    rows = caller.run(
        [header, ["HC-2019-0042", "Harbour crane", "9000"], ["NEW-1", "New", "1"]],
        module="Machines",
        operation="upsert",
        find_by="Serial_Number",
        mappings=header,
    )

    assert [row["STATUS"] for row in rows] == ["UPDATED", "ADDED"]
