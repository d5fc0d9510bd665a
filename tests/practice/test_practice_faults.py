"""Mishaps on demand: what goes wrong, where, how often, and what has taken effect all the same."""

import json
import subprocess
import sys
import time
import zipfile

import httpx
import pytest

from tests.practice.caller import CREDENTIALS, Caller
from tests.practice.controls import LINES, four_leads, let_pass, suffer
from tests.practice.listening import heard_of, listening
from tests.practice_server import ROOT, practice_crm

pytestmark = pytest.mark.alone

ORG = "/crm/v7/org"
CREATE = "POST /crm/bulk/*/write"


@pytest.fixture
def listener():
    """Notes what callbacks bring."""
    with listening() as told:
        yield told


def lead_count(caller):
    return len(caller.find("select id from Leads where Company = 'Zylker' limit 0, 200"))


@pytest.mark.parametrize(("status", "code"), [(429, "TOO_MANY_REQUESTS"), (500, "INTERNAL_ERROR")])
def test_answer_stands_in_for_the_next_calls_only(caller: Caller, status, code):
    suffer(caller, "answer", status=status, times=2)

    answers = [caller.http.get(ORG) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [status, status, 200]
    assert answers[0].json()["code"] == code


def test_answer_may_be_of_any_shape_and_carry_headers(caller: Caller):
    suffer(caller, "answer", status=502, body="<h1>Bad gateway</h1>", headers={"Retry-After": "7"})
    suffer(caller, "answer", status=200, body={"code": "INVALID_FILE_FORMAT", "status": "error"})

    page, error = caller.http.get(ORG), caller.http.get(ORG)

    assert (page.text, page.headers["Retry-After"]) == ("<h1>Bad gateway</h1>", "7")
    assert (error.status_code, error.json()["status"]) == (200, "error")


def test_mishaps_strike_the_endpoint_they_are_for_after_those_they_skip(caller: Caller):
    suffer(caller, "answer", on=CREATE, status=503, skip=1)

    untouched = caller.http.get(ORG)
    first, second = caller.create({}), caller.create({})

    assert untouched.status_code == 200
    assert (first.status_code, second.status_code) == (400, 503)


def test_connection_dropped_before_leaves_no_job_and_dropped_after_leaves_one(caller: Caller):
    for moment in ("before", "after"):
        suffer(caller, "drop", on=CREATE, moment=moment)
        with pytest.raises(httpx.RemoteProtocolError):
            four_leads(caller)
        for _ in range(100):
            if moment == "before" or lead_count(caller) == 4:
                break
            time.sleep(0.02)
        assert lead_count(caller) == (0 if moment == "before" else 4)


def test_connection_dropped_during_an_answer_leaves_half_of_it(caller: Caller):
    suffer(caller, "drop", moment="during")

    with caller.http.stream("GET", ORG) as answer, pytest.raises(httpx.RemoteProtocolError):
        answer.read()

    assert answer.status_code == 200


def test_latency_keeps_a_call_waiting_and_no_other(caller: Caller):
    suffer(caller, "latency", on=f"GET {ORG}", seconds=0.4)

    waits = [caller.http.get(path).elapsed.total_seconds() for path in ("/crm/v7/users", ORG)]

    assert waits[0] < waits[1]
    assert waits[1] >= 0.4


def test_expired_token_is_refused_from_then_on_and_a_new_one_is_not(shared_address, caller: Caller):
    other = Caller(shared_address)
    suffer(caller, "expired_token", on=f"GET {ORG}")

    answers = [other.http.get(ORG) for _ in range(2)]

    assert [answer.json()["code"] for answer in answers] == ["INVALID_TOKEN"] * 2
    assert Caller(shared_address).http.get(ORG).status_code == 200


def test_credits_are_gone_until_a_day_has_passed(caller: Caller):
    suffer(caller, "credits_gone")

    refused = [caller.http.get(ORG) for _ in range(2)]
    let_pass(caller, 24 * 3600 + 60)
    token = httpx.post(f"{caller.address}/oauth/v2/token", data=CREDENTIALS).json()["access_token"]
    later = caller.http.get(ORG, headers={"Authorization": f"Zoho-oauthtoken {token}"})

    assert [answer.status_code for answer in refused] == [429, 429]
    assert refused[1].headers["X-API-CREDITS-REMAINING"] == "0"
    assert later.status_code == 200


def test_job_stuck_goes_on_when_the_mishaps_are_cleared(caller: Caller):
    suffer(caller, "job_stuck", after_rows=2)
    job_id = four_leads(caller)
    for _ in range(200):
        job = caller.http.get(f"/crm/bulk/v7/write/{job_id}").json()
        if job["resource"][0]["file"].get("total_count") == 2:
            break
        time.sleep(0.02)

    assert job["status"] == "INPROGRESS"
    assert job["resource"][0]["file"]["added_count"] == 2
    caller.http.delete("/control/faults")
    assert [row["STATUS"] for row in caller.result(caller.finished(job_id))] == ["ADDED"] * 4


@pytest.mark.parametrize(("after_rows", "written"), [(0, 0), (3, 3)])
def test_job_failed_keeps_the_rows_it_had_written_and_has_no_result(caller, after_rows, written):
    suffer(caller, "job_failed", after_rows=after_rows, code="LIMIT_REACHED")

    job = caller.finished(four_leads(caller))

    assert (job["status"], job["resource"][0]["code"]) == ("FAILED", "LIMIT_REACHED")
    assert "result" not in job
    assert lead_count(caller) == written


def test_job_broken_off_leaves_the_other_rows_unprocessed(caller: Caller):
    suffer(caller, "job_broken_off", on="insert Leads", after_rows=1)

    rows = caller.result(caller.finished(four_leads(caller)))

    assert [row["STATUS"] for row in rows] == ["ADDED", *["UNPROCESSED"] * 3]
    assert lead_count(caller) == 1


def test_result_late_comes_in_its_time(caller: Caller):
    suffer(caller, "result_late", seconds=600)

    job = caller.finished(four_leads(caller))
    early = caller.http.get(f"/crm/bulk/v7/write/{job['id']}/result")
    let_pass(caller, 601)
    later = caller.http.get(f"/crm/bulk/v7/write/{job['id']}").json()

    assert "result" not in job
    assert early.json()["x-info"] == "Link not valid"
    assert len(caller.result(later)) == 4


def test_result_is_gone_after_a_week(caller: Caller):
    job = caller.finished(four_leads(caller))
    path = f"/crm/bulk/v7/write/{job['id']}"

    let_pass(caller, 7 * 24 * 3600 + 1)
    token = httpx.post(f"{caller.address}/oauth/v2/token", data=CREDENTIALS).json()["access_token"]
    headers = {"Authorization": f"Zoho-oauthtoken {token}"}

    assert "result" not in caller.http.get(path, headers=headers).json()
    assert caller.http.get(f"{path}/result", headers=headers).status_code == 404


def test_result_truncated_is_no_archive(caller: Caller):
    suffer(caller, "result_truncated")
    job = caller.finished(four_leads(caller))

    with pytest.raises(zipfile.BadZipFile):
        caller.result(job)


def test_result_disordered_has_every_row_and_one_with_a_row_missing_has_not(caller: Caller):
    names = [line[0] for line in LINES[1:]]
    suffer(caller, "result_disordered")
    disordered = caller.result(caller.finished(four_leads(caller)))
    suffer(caller, "result_row_missing", row=2)
    lacking = caller.result(caller.finished(four_leads(caller)))

    found = [row["Last_Name"] for row in disordered]
    assert found != names
    assert sorted(found) == sorted(names)
    assert [row["Last_Name"] for row in lacking] == [names[0], *names[2:]]


@pytest.mark.parametrize(
    ("kind", "states"),
    [
        ("callback_lost", []),
        ("callback_doubled", ["COMPLETED", "COMPLETED"]),
        ("callback_forged", ["COMPLETED", "COMPLETED"]),
    ],
)
def test_callbacks_are_lost_doubled_and_forged(caller: Caller, listener, kind, states):
    url, heard = listener
    suffer(caller, kind)

    job_id = four_leads(caller, callback={"url": url, "method": "post"})
    caller.finished(job_id)

    assert [body["state"] for body in heard_of(heard, len(states))] == states
    forged = [body for body in heard if "operation" not in body]
    assert len(forged) == (1 if kind == "callback_forged" else 0)
    assert all(caller.address not in body["result"]["download_url"] for body in forged)


def test_calls_seen_are_told_with_their_answers(caller: Caller):
    suffer(caller, "drop", on=CREATE)
    with pytest.raises(httpx.RemoteProtocolError):
        caller.create({})
    caller.create({})

    calls = caller.http.get("/control/calls").json()["calls"]

    assert calls == [
        {"call": "POST /crm/bulk/v7/write", "status": None},
        {"call": "POST /crm/bulk/v7/write", "status": 400},
    ]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"kind": "earthquake"}, "kind must be one of"),
        ({"kind": "drop", "moment": "never"}, "moment cannot be 'never'"),
        ({"kind": "drop", "row": 1}, "drop knows no row"),
        ({"kind": "answer", "times": 0}, "times cannot be 0"),
    ],
)
def test_control_refuses_what_is_no_mishap(caller: Caller, fault, reason):
    answer = caller.http.post("/control/faults", json={"faults": [fault]})

    assert answer.status_code == 400
    assert reason in answer.json()["error"]


def test_control_refuses_other_sites(caller: Caller):
    headers = {"Origin": "http://elsewhere.example"}

    answers = [
        caller.http.post("/control/clock", json={"advance_s": 1}, headers=headers),
        caller.http.delete("/control/faults", headers=headers),
    ]

    assert [answer.status_code for answer in answers] == [403, 403]


def test_faults_file_is_obeyed_from_the_start_and_again_after_a_reset(tmp_path):
    script = tmp_path / "faults.json"
    fault = {"kind": "answer", "on": "GET /crm/*/org", "status": 503}
    script.write_text(json.dumps({"faults": [fault], "switches": {"running_state": "IN PROGRESS"}}))

    with practice_crm(tmp_path / "data", faults=script) as address:
        caller = Caller(address)
        statuses = [caller.http.get(ORG).status_code for _ in range(2)]
        state = caller.http.get("/control").json()
        caller.http.post("/reset", headers={"Origin": address})
        after_reset = caller.http.get(ORG).status_code

    assert statuses == [503, 200]
    assert state["switches"]["running_state"] == "IN PROGRESS"
    assert after_reset == 503


def test_faults_file_that_says_nothing_sensible_ends_with_one_sentence(tmp_path):
    script = tmp_path / "faults.json"
    script.write_text('[{"kind": "earthquake"}]')

    command = [sys.executable, "-m", "importer.practice", "--port", "0"]
    ended = subprocess.run(
        [*command, "--data", str(tmp_path / "data"), "--faults", str(script)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
    )

    assert ended.returncode == 2
    assert ended.stderr.startswith("The file of --faults cannot be used: faults.json: faults[0]")
