"""The life of a job: its states, files it can read, its result, and what a crash leaves."""

import io
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from tests.practice.caller import Caller, job_body, zipped
from tests.practice.controls import accepted, four_leads, suffer
from tests.practice.listening import heard_of, listening
from tests.practice_server import address_of, practice_crm, start_practice_crm

pytestmark = pytest.mark.alone

HEADER = ["Email", "Last_Name", "Company"]


def people(count: int) -> list[list[str]]:
    return [HEADER, *([f"p{i}@example.com", f"P{i}", "Firm"] for i in range(count))]


def started(caller: Caller, content: bytes, **request) -> str:
    answer = caller.create(job_body(caller.uploaded(content), mappings=HEADER, **request))
    assert answer.status_code == 201, answer.text
    return answer.json()["details"]["id"]


def test_job_goes_from_added_to_completed(tmp_path):
    with practice_crm(tmp_path, pace=0.5) as address:
        caller = Caller(address)
        job_id = started(caller, zipped(people(3)), callback=None)

        waiting = caller.http.get(f"/crm/bulk/v7/write/{job_id}").json()
        done = caller.finished(job_id)

    assert waiting["status"] == "ADDED"
    assert "result" not in waiting
    assert "added_count" not in waiting["resource"][0]["file"]
    assert (done["status"], done["resource"][0]["code"]) == ("COMPLETED", "SUCCESS")
    counts = done["resource"][0]["file"]
    assert (counts["added_count"], counts["skipped_count"], counts["total_count"]) == (3, 0, 3)


def test_job_echoes_its_request(caller: Caller):
    job = caller.finished(started(caller, zipped(people(1)), find_by="Email"))

    resource = job["resource"][0]
    assert (job["operation"], job["character_encoding"]) == ("insert", "UTF-8")
    assert (resource["module"]["api_name"], resource["find_by"]) == ("Leads", "Email")
    assert resource["field_mappings"][1] == {
        "api_name": "Last_Name",
        "index": 1,
        "format": None,
        "find_by": None,
        "module": None,
        "parent_column_index": None,
        "default_value": None,
    }


@pytest.mark.parametrize("pattern", ["#,###,###.##", "#,##0.00", "0", "# ##0,00", "#'##0.00"])
def test_job_echoes_how_numbers_are_written(caller: Caller, pattern):
    mappings = ["Last_Name", {"api_name": "Company", "index": 1}]
    mappings.append({"api_name": "Annual_Revenue", "index": 2, "format": pattern})
    file_id = caller.uploaded(zipped([["Name", "Firm", "Revenue"], ["Rao", "Zylker", "1234.5"]]))

    job = caller.finished(accepted(caller, job_body(file_id, mappings=mappings)))

    formats = [one["format"] for one in job["resource"][0]["field_mappings"]]
    assert formats == [None, None, pattern]
    assert caller.result(job)[0]["STATUS"] == "ADDED"


def test_result_is_an_archive_named_after_module_and_file(caller: Caller):
    job = caller.finished(started(caller, zipped(people(2))))

    answer = caller.http.get(job["result"]["download_url"])

    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{job["id"]}.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["Leads-rows.csv"]
    old_address = caller.http.get(f"/crm/bulk/v2/write/{job['id']}/result")
    assert old_address.content == answer.content


def test_result_of_an_unknown_job_says_the_link_is_not_valid(caller: Caller):
    answer = caller.http.get("/v7/crm/808232144/bulk-write/1/1.zip")

    assert (answer.status_code, answer.json()["x-info"]) == (404, "Link not valid")


def test_callback_tells_that_a_job_has_failed(caller: Caller):
    suffer(caller, "job_failed", code="INVALID_FORMAT")
    with listening() as (url, heard):
        job = caller.finished(four_leads(caller, callback={"url": url, "method": "post"}))

        [told] = heard_of(heard, 1)

    assert told == {**job, "state": "FAILED"}
    assert (told["status"], told["resource"][0]["code"]) == ("FAILED", "INVALID_FORMAT")
    assert "result" not in told


@pytest.mark.parametrize(("refusing", "tries"), [(0, 1), (1, 2), (5, 2)])
def test_callback_that_is_refused_is_tried_once_again(caller: Caller, refusing, tries):
    with listening(refusing=refusing) as (url, heard):
        job = caller.finished(four_leads(caller, callback={"url": url, "method": "post"}))

        told = heard_of(heard, tries + 1)

    assert [one["id"] for one in told] == [job["id"]] * tries


@pytest.mark.parametrize("delimiter", [",", ";", ":", "|"])
def test_delimiter_is_guessed_from_the_header(caller: Caller, delimiter):
    job = caller.finished(started(caller, zipped(people(2), delimiter=delimiter)))

    assert job["resource"][0]["file"]["added_count"] == 2


@pytest.mark.parametrize(
    ("encoding", "given"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("utf-8-sig", "UTF-8"),
        ("windows-1252", None),
        ("windows-1250", "windows-1250"),
        ("utf-16", None),
    ],
)
def test_encoding_is_detected_or_given(caller: Caller, encoding, given):
    content = zipped([HEADER, ["z@example.com", "Zürich", "Ö"]], encoding=encoding)

    job = caller.finished(started(caller, content, character_encoding=given))

    assert caller.result(job)[0]["Last_Name"] == "Zürich"


def test_headers_name_the_fields_where_no_mappings_are_given(caller: Caller):
    rows = caller.run(
        [
            ["Last_Name", "Account_Name.Account_Name"],
            ["A", "Bluebell Bakeries"],
        ],
        module="Contacts",
    )

    record = caller.record("Contacts", rows[0]["RECORD_ID"])
    assert record["Account_Name"]["name"] == "Bluebell Bakeries"


def test_too_many_rows_fail_the_job_and_write_nothing(caller: Caller):
    job = caller.finished(started(caller, zipped(people(25_001))))

    assert (job["status"], job["resource"][0]["code"]) == ("FAILED", "LIMIT_EXCEEDED")
    assert job["resource"][0]["file"]["status"] == "SKIPPED"
    assert "result" not in job
    assert caller.find("select id from Leads where Email = 'p1@example.com'") == []


def test_unreadable_text_fails_the_job(caller: Caller):
    content = zipped([HEADER, ["z@example.com", "Zürich", "Ö"]], encoding="windows-1252")

    job = caller.finished(started(caller, content, character_encoding="UTF-8"))

    assert (job["status"], job["resource"][0]["code"]) == ("FAILED", "INVALID_FORMAT")


def test_job_that_was_cut_off_is_finished_after_a_restart_without_doubling(tmp_path):
    process = start_practice_crm(tmp_path)
    caller = Caller(address_of(process))
    job_id = started(caller, zipped(people(20_000)))
    done = 0
    while not done:
        job = caller.http.get(f"/crm/bulk/v7/write/{job_id}").json()
        done = job["resource"][0]["file"].get("total_count", 0)
    process.kill()
    process.wait()

    with practice_crm(tmp_path) as address:
        caller = Caller(address)
        job = caller.finished(job_id)
        rows = caller.result(job)

    assert job["status"] == "COMPLETED"
    assert job["resource"][0]["file"]["added_count"] == 20_000
    assert [row["Email"] for row in rows] == [row[0] for row in people(20_000)[1:]]
    assert len({row["RECORD_ID"] for row in rows}) == 20_000


def test_callback_is_told_that_the_job_has_ended(caller: Caller):
    heard: list[bytes] = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        listening = Thread(target=server.handle_request)
        listening.start()
        url = f"http://127.0.0.1:{server.server_port}/hook"
        job_id = started(caller, zipped(people(1)), callback={"url": url, "method": "post"})
        listening.join(10)

    assert f'"id":"{job_id}"'.encode() in heard[0].replace(b" ", b"")
    assert b'"state":"COMPLETED"' in heard[0].replace(b" ", b"")
