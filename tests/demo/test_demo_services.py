"""The demo's processes: what is said when one ends by itself, and that none outlives the others."""

import os
import signal
import subprocess
import sys
import time

import pytest

from importer.demo import services
from importer.demo.services import Interrupted, Service, ServiceFailed, Services

pytestmark = pytest.mark.alone

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
PARENT = (
    "import subprocess, sys, time; child = subprocess.Popen([sys.executable, '-c', sys.argv[1]]);"
    "print(child.pid, flush=True); time.sleep(60)"
)


@pytest.fixture
def running(stop_signals, tmp_path):
    with Services(stop_signals, tmp_path) as running:
        yield running


@pytest.fixture
def program(tmp_path):
    """A service that runs Python code; ready at once, or when its log has a line."""

    def make(name, *arguments, waits_for_a_line=False):
        log = tmp_path / f"{name}.log"
        is_ready = (lambda: b"\n" in log.read_bytes()) if waits_for_a_line else (lambda: True)
        return Service(name, (sys.executable, "-c", *arguments), log, is_ready)

    return make


def test_watch_says_which_service_ended_and_what_it_said_last(running, program):
    running.start([program("worker", "print('no broker here'); raise SystemExit(3)")])

    with pytest.raises(ServiceFailed) as failure:
        running.watch()

    assert "The worker ended by itself (exit status 3)." in str(failure.value)
    assert "worker.log:\n    no broker here" in str(failure.value)


def test_watch_names_the_signal_that_killed_a_service(running, program):
    running.start([program("worker", "import os; os.kill(os.getpid(), 9)")])

    with pytest.raises(ServiceFailed, match="killed by SIGKILL"):
        running.watch()


def test_wait_until_ready_notices_a_service_that_dies_instead(running, program):
    running.start([program("web server", "raise SystemExit(1)", waits_for_a_line=True)])

    with pytest.raises(ServiceFailed, match="web server ended by itself"):
        running.wait_until_ready()


def test_wait_until_ready_gives_up_on_a_service_that_only_lives(running, program, monkeypatch):
    monkeypatch.setattr(services, "READY_WITHIN_S", 0.2)
    running.start([program("worker", "import time; time.sleep(60)", waits_for_a_line=True)])

    with pytest.raises(ServiceFailed, match="worker did not get ready"):
        running.wait_until_ready()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_watch_ends_on_a_stop_signal(running, program, number):
    running.start([program("worker", "import time; time.sleep(60)")])
    os.kill(os.getpid(), number)

    with pytest.raises(Interrupted):
        running.watch()


def test_stop_also_ends_what_a_service_started_and_what_ignores_it(running, program, monkeypatch):
    monkeypatch.setattr(services, "STOPS_WITHIN_S", 0.5)
    stubborn = program("stubborn", f"print(0, flush=True); {STUBBORN}", waits_for_a_line=True)
    parent = program("parent", PARENT, STUBBORN, waits_for_a_line=True)
    running.start([stubborn, parent])
    running.wait_until_ready()
    pids = [process.pid for process in running.running.values()]
    grandchild = int(parent.log.read_text())

    running.stop()

    assert not any(map(_runs, pids))
    deadline = time.monotonic() + 10
    while _runs(grandchild) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(grandchild)


def _runs(pid):
    """Whether `pid` is there and does not only wait to be buried by whoever adopted it."""
    command = ["ps", "-o", "stat=", "-p", str(pid)]
    state = subprocess.run(command, capture_output=True, text=True).stdout
    return state.strip()[:1] not in ("", "Z")


def test_start_keeps_the_log_of_the_time_before(running, program):
    service = program("web server", "print('second'); import time; time.sleep(60)")
    service.log.write_text("first")

    running.start([service])

    assert service.log.with_suffix(".log.1").read_text() == "first"
    assert b"first" not in service.log.read_bytes()
