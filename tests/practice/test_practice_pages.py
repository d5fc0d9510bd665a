"""The practice CRM's own pages: what they show, and that they show nothing unescaped."""

import pytest

from tests.practice.caller import Caller
from tests.practice.records_calls import added

TAB = "/crm/org808232144/tab"
NAUGHTY = "<script>alert('x')</script>"


def page(caller: Caller, path: str) -> str:
    answer = caller.http.get(path)
    assert answer.status_code == 200, path
    return answer.text


def test_first_page_lists_modules_with_their_counts(caller: Caller):
    assert f'href="{TAB}/Leads">Leads</a>' in page(caller, "/")


def test_records_show_values_escaped(caller: Caller):
    rows = caller.run(
        [["Last_Name", "Company", "City"], [NAUGHTY, NAUGHTY, NAUGHTY]],
        mappings=["Last_Name", "Company", "City"],
    )

    for path in (f"{TAB}/Leads", f"{TAB}/Leads/{rows[0]['RECORD_ID']}"):
        html = page(caller, path)
        assert "&lt;script&gt;" in html
        assert "<script" not in html


def test_record_page_links_to_what_a_lookup_points_at(caller: Caller):
    contact = caller.find("select Account_Name from Contacts where Last_Name = 'Pemberton'")[0]

    html = page(caller, f"{TAB}/Contacts/{contact['id']}")

    assert "Oliver Pemberton" in html
    assert f'{TAB}/Accounts/{contact["Account_Name"]["id"]}">Bluebell Bakeries</a>' in html


def test_search_finds_by_the_beginning_of_a_name(caller: Caller):
    html = page(caller, f"{TAB}/Contacts?search=OLIV")

    assert "Oliver Pemberton" in html
    assert "Maartje" not in html
    assert "Nothing begins like that" in page(caller, f"{TAB}/Contacts?search=%25")


def test_long_lists_are_paged(caller: Caller):
    caller.run([["Account_Name"], *([f"Firm {i:03}"] for i in range(60))], module="Accounts")

    first, second = page(caller, f"{TAB}/Accounts"), page(caller, f"{TAB}/Accounts?page=2")

    assert "Firm 059" in first
    assert "Firm 003" not in first
    assert "Firm 003" in second


def test_job_pages_show_counts_and_the_result(caller: Caller):
    caller.run([["Account_Name"], ["Firm"], [""]], module="Accounts")

    jobs = page(caller, "/jobs")
    job_id = jobs.split('href="/jobs/')[1].split('"')[0]

    assert "Done" in page(caller, f"/jobs/{job_id}")
    assert caller.http.get(f"/jobs/{job_id}/result").content.startswith(b"PK")


@pytest.mark.parametrize("path", [f"{TAB}/Nope", f"{TAB}/Leads/1", "/jobs/1", "/nowhere"])
def test_unknown_addresses_get_a_page_of_their_own(caller: Caller, path):
    answer = caller.http.get(path)

    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.text


def test_pages_allow_no_script_and_no_inline_style(caller: Caller):
    answer = caller.http.get("/")

    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self';")
    assert "unsafe-inline" not in policy
    assert "style=" not in answer.text


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.example.com"}])
def test_reset_is_refused_to_other_sites(caller: Caller, headers):
    caller.run([["Account_Name"], ["Firm"]], module="Accounts")

    answer = caller.http.post("/reset", headers=headers)

    assert answer.status_code == 403
    assert "Firm" in page(caller, f"{TAB}/Accounts")


def test_reset_puts_the_first_records_back(caller: Caller):
    caller.run([["Account_Name"], ["Firm"]], module="Accounts")

    caller.http.post("/reset", headers={"Origin": caller.address})

    html = page(caller, f"{TAB}/Accounts")
    assert "Firm" not in html
    assert "Bluebell Bakeries" in html
    assert "No job has run yet" in page(caller, "/jobs")


def test_record_page_tells_times_as_people_read_them(caller: Caller):
    lead = added(caller, Call_Back_At="2027-03-01T09:00:00+01:00")

    page = caller.http.get(f"/crm/org808232144/tab/Leads/{lead}").text

    assert "2027-03-01 09:00" in page
    assert "T09:00:00" not in page


def test_short_list_has_no_other_pages_to_go_to(caller: Caller):
    page = caller.http.get("/crm/org808232144/tab/Leads").text

    assert 'aria-label="Pages"' not in page
