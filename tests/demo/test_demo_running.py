"""The demo as people run it: started, used, stopped, started again, killed."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE

import httpx
import pytest

from importer.demo.ports import free_port

pytestmark = pytest.mark.alone

ROOT = Path(__file__).resolve().parent.parent.parent
COMMAND = [sys.executable, "-m", "importer.demo"]
ENDS_WITHIN_S = 30
WELCOME = re.compile(
    r"Open +(?P<address>http://\S+)\n +User +(?P<user>\S+)\n +Password +(?P<password>\S+)\n"
    r" +Sample file +(?P<sample>\S+)\n.*Ctrl-C",
    re.DOTALL,
)


@pytest.fixture
def environment(tmp_path):
    ports = {"PORT": str(free_port(18000)), "PRACTICE_PORT": str(free_port(18700))}
    return os.environ | ports | {"DATA_DIR": str(tmp_path / "data")}


@contextmanager
def demo(environment):
    """A running demo, and what it said when it was ready."""
    process = subprocess.Popen(
        COMMAND, cwd=ROOT, env=environment, stdout=PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        said = ""
        while "Ctrl-C" not in said:
            line = process.stdout.readline()
            assert line, f"the demo ended: {said}"
            said += line
        yield process, WELCOME.search(said)
    finally:
        process.terminate()
        process.communicate(timeout=ENDS_WITHIN_S)


def family_of(pid):
    """The ids of all processes that descend from `pid`."""
    listed = subprocess.run(["ps", "-axo", "pid=,ppid="], capture_output=True, text=True).stdout
    parents = dict(map(int, line.split()) for line in listed.splitlines())
    family = {pid}
    while grown := {child for child, parent in parents.items() if parent in family} - family:
        family |= grown
    return family - {pid}


def living(pids):
    """Those of `pids` that still run; one that only waits to be buried does not."""
    wanted = ",".join(map(str, pids))
    listed = subprocess.run(
        ["ps", "-o", "pid=,stat=", "-p", wanted], capture_output=True, text=True
    )
    pairs = [line.split() for line in listed.stdout.splitlines()]
    return [int(pid) for pid, state in pairs if not state.startswith("Z")]


def log_in(welcome):
    """The first page after logging in with what the demo printed."""
    address = welcome["address"]
    with httpx.Client(base_url=address, follow_redirects=True, trust_env=False) as browser:
        page = browser.get("/accounts/login/")
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page.text)[1]
        form = {"login": welcome["user"], "password": welcome["password"]}
        return browser.post("/accounts/login/", data=form | {"csrfmiddlewaretoken": token})


def test_demo_is_used_stopped_and_started_again(environment):
    with demo(environment) as (process, welcome):
        family = family_of(process.pid)
        first_page = log_in(welcome)
        second = subprocess.run(COMMAND, cwd=ROOT, env=environment, capture_output=True, text=True)
        process.send_signal(signal.SIGINT)
        process.wait(ENDS_WITHIN_S)

    assert first_page.url == f"{welcome['address']}/imports/"
    assert first_page.is_success
    assert Path(welcome["sample"]).is_file()
    assert second.returncode == 2
    assert f"already running at {welcome['address']}" in second.stderr
    assert second.stdout == ""
    assert process.returncode == 0
    assert len(family) >= 4  # the practice CRM, the worker, the web server and its own worker
    assert living(family) == []
    assert free_port(int(environment["PORT"])) == int(environment["PORT"])
    assert free_port(int(environment["PRACTICE_PORT"])) == int(environment["PRACTICE_PORT"])

    with demo(environment) as (_, again):
        assert again["password"] == welcome["password"]
        assert log_in(again).url == f"{again['address']}/imports/"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of a parent's end")
def test_demo_that_is_killed_takes_everything_with_it(environment):
    with demo(environment) as (process, _):
        family = family_of(process.pid)
        process.kill()
        deadline = time.monotonic() + ENDS_WITHIN_S
        while living(family) and time.monotonic() < deadline:
            time.sleep(0.1)

        assert living(family) == []
