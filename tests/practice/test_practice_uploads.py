"""Uploading archives: what is kept and what is refused, in the file host's own words."""

import io
import os
import zipfile

import pytest

from tests.practice.caller import Caller, zipped

LINES = [["Last_Name", "Company"], ["Rao", "Zylker"]]


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
