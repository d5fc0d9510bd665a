"""Which ports the demo takes, and what it says about those that are taken."""

import pytest

from importer.demo.ports import NoPort, Ports, free_port

pytestmark = pytest.mark.alone


def test_free_port_skips_a_taken_one(taken_port):
    assert free_port(taken_port) > taken_port


def test_free_port_skips_the_other_servers_own(taken_port):
    first = free_port(taken_port)

    assert free_port(first, but=first) > first


def test_choose_names_a_taken_port_and_the_one_used_instead(monkeypatch, taken_port):
    practice = free_port(taken_port + 50)
    monkeypatch.setenv("PORT", str(taken_port))
    monkeypatch.setenv("PRACTICE_PORT", str(practice))

    ports = Ports.choose()

    assert ports.notes == (f"Port {taken_port} is taken; using {ports.web}.",)
    assert ports.web_url == f"http://127.0.0.1:{ports.web}"
    assert ports.practice_url == f"http://127.0.0.1:{practice}"


def test_choose_keeps_the_two_servers_apart(monkeypatch, taken_port):
    monkeypatch.setenv("PORT", str(taken_port))
    monkeypatch.setenv("PRACTICE_PORT", str(taken_port))

    ports = Ports.choose()

    assert len({ports.web, ports.practice, taken_port}) == 3


@pytest.mark.parametrize("text", ["eighty", "0", "65536", "-1", "٨٠٠٠"])
def test_choose_refuses_what_is_no_port(monkeypatch, text):
    monkeypatch.setenv("PORT", text)

    with pytest.raises(NoPort, match=f"PORT is “{text}”, but a port is a number"):
        Ports.choose()
