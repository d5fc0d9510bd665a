"""Uploading archives: what is kept and what is refused, in the file host's own words."""

import io
import os
import zipfile

import httpx
import pytest

from tests.practice.caller import ZGID, Caller, job_body, zipped
from tests.practice.controls import let_pass, turn
from tests.practice.holders import refusal

LINES = [["Last_Name", "Company"], ["Rao", "Zylker"]]
WEEK_S = 7 * 86_400


def test_upload_gives_a_file_id_of_digits(caller: Caller):
    answer = caller.upload(zipped(LINES))

    body = answer.json()
    assert answer.status_code == 200
    assert (body["status"], body["code"]) == ("success", "FILE_UPLOAD_SUCCESS")
    assert body["details"]["file_id"].isdecimal()


def test_upload_refuses_what_is_no_archive(caller: Caller):
    answer = caller.upload(b"Last_Name,Company\nRao,Zylker\n")

    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_FILE_FORMAT")


def test_upload_refuses_more_than_25_megabytes(caller: Caller):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as opened:
        opened.writestr("rows.csv", os.urandom(26 * 1024**2))

    answer = caller.upload(archive.getvalue())

    assert (answer.status_code, answer.json()["code"]) == (413, "FILE_TOO_LARGE")


@pytest.mark.parametrize("headers", [{"X-CRM-ORG": "1"}, {"X-CRM-ORG": ""}])
def test_upload_needs_the_organisation(caller: Caller, headers):
    answer = caller.upload(zipped(LINES), **headers)

    assert answer.status_code == 400
    assert answer.json()["x-error"].startswith("check if headers [feature, X-CRM-ORG]")


def test_upload_with_a_wrong_feature_says_so_only_in_the_body(caller: Caller):
    answer = caller.upload(zipped(LINES), feature="bulk-read")

    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["code"]) == ("error", "NOT_SUPPORTED_FEATURE")


def test_upload_needs_a_part_called_file(caller: Caller):
    headers = {"feature": "bulk-write", "X-CRM-ORG": "808232144"}
    answer = caller.http.post("/crm/v7/upload", files={"other": zipped(LINES)}, headers=headers)

    assert answer.json()["code"] == "REQUIRED_PARAM_MISSING"


def test_caller_is_looked_at_before_the_body(shared_address: str):
    answer = httpx.post(f"{shared_address}/crm/v7/upload", content=b"no form")

    assert refusal(answer) == (401, "AUTHENTICATION_FAILURE")


def test_file_host_may_refuse_a_token_in_its_own_words(caller: Caller):
    turn(caller, upload_refusal_words="file host")
    headers = {"Authorization": "Zoho-oauthtoken 1000.unknown"}

    answer = caller.upload(zipped(LINES), **headers)

    assert (answer.status_code, answer.json()["ERROR_CODE"]) == (401, 401)
    assert caller.upload(zipped(LINES)).json()["status"] == "success"


def test_refusal_may_come_with_http_200(caller: Caller):
    turn(caller, upload_refusal_status=200)

    answer = caller.upload(b"no archive")

    assert (answer.status_code, answer.json()["status"]) == (200, "error")
    assert answer.json()["code"] == "INVALID_FILE_FORMAT"


def test_upload_serves_for_a_week(caller: Caller):
    body = job_body(caller.uploaded(zipped(LINES)), mappings=LINES[0])
    let_pass(caller, WEEK_S - 60)
    in_time = Caller(caller.address).create(body)  # the token of a week ago has expired
    let_pass(caller, 120)
    late = Caller(caller.address).create(body)

    assert in_time.status_code == 201
    assert refusal(late) == (400, "FILE_NOT_FOUND")


@pytest.mark.parametrize("version", ["v2", "v7", "v8"])
def test_every_version_has_its_upload(caller: Caller, version):
    headers = {"feature": "bulk-write", "X-CRM-ORG": ZGID}
    path = f"/crm/{version}/upload"

    good = caller.http.post(path, files={"file": zipped(LINES)}, headers=headers)
    wrong = caller.http.get(path)

    assert good.json()["code"] == "FILE_UPLOAD_SUCCESS"
    assert refusal(wrong) == (400, "INVALID_REQUEST_METHOD")
