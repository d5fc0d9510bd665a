"""Starting and stopping the practice CRM."""

import signal
import socket

import httpx
import pytest

from tests.practice_server import STOPS_WITHIN_S, address_of, practice_crm, start_practice_crm

pytestmark = pytest.mark.alone


def test_taken_port_is_named_and_ends_with_status_2(tmp_path, capfd):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        process = start_practice_crm(tmp_path, port=port)
        status = process.wait(STOPS_WITHIN_S)

    assert status == 2
    assert capfd.readouterr().err.startswith(f"Port {port} is taken.")


def test_second_one_on_the_same_data_is_refused_until_the_first_has_ended(tmp_path, capfd):
    with practice_crm(tmp_path):
        second = start_practice_crm(tmp_path)
        status = second.wait(STOPS_WITHIN_S)
    refusal = capfd.readouterr().err
    with practice_crm(tmp_path) as address:
        alive = httpx.get(f"{address}/health").status_code

    assert (status, alive) == (2, 200)
    assert refusal.startswith(f"Another practice CRM keeps its data in {tmp_path}. Stop it")
    assert refusal.count("\n") == 1


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_either_signal_ends_it_quietly(tmp_path, capfd, how):
    process = start_practice_crm(tmp_path)
    address_of(process)

    process.send_signal(how)

    assert process.wait(STOPS_WITHIN_S) == 0
    assert capfd.readouterr().err == ""


def test_environment_overrides_the_credentials(tmp_path, monkeypatch):
    monkeypatch.setenv("PRACTICE_CRM_CLIENT_SECRET", "another")
    given = {"grant_type": "refresh_token", "client_id": "1000.PRACTICE"}
    given |= {"refresh_token": "1000.practice.refresh"}

    with practice_crm(tmp_path) as address:
        token = f"{address}/oauth/v2/token"
        old = httpx.post(token, data={**given, "client_secret": "practice-secret"}).json()
        new = httpx.post(token, data={**given, "client_secret": "another"}).json()

    assert old == {"error": "invalid_client_secret"}
    assert "access_token" in new


def test_records_outlive_a_restart(tmp_path):
    with practice_crm(tmp_path) as address:
        first = httpx.get(f"{address}/crm/org808232144/tab/Leads").text
    with practice_crm(tmp_path) as address:
        assert httpx.get(f"{address}/crm/org808232144/tab/Leads").text == first
