"""The processes of the demo: started together, watched together, stopped together."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Final, Self

READY_WITHIN_S: Final = 120
STOPS_WITHIN_S: Final = 10  # then it is killed; an import goes on where it was
LOOKS_EVERY_S: Final = 0.1
TAIL_LINES: Final = 15
PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h


class ServiceFailed(Exception):
    """A service ended by itself or never got ready; the text shows the end of its log."""


class Interrupted(Exception):
    """Somebody asked us to stop."""


@dataclass(frozen=True, slots=True)
class Service:
    """A program, the file that takes what it says, and how to tell that it is ready."""

    name: str
    command: tuple[str, ...]
    log: Path
    is_ready: Callable[[], bool]


class StopSignals:
    """Notes that a stop was asked for, instead of breaking off whatever goes on."""

    def __init__(self) -> None:
        self.seen = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note)
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup wants it ignored
            signal.signal(signal.SIGHUP, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.seen = True

    def check(self) -> None:
        """Raises `Interrupted` once a stop was asked for."""
        if self.seen:
            raise Interrupted


@dataclass
class Services:
    """Running services, each in a process group of its own. As a context: stops them all."""

    stop_signals: StopSignals
    directory: Path  # where they run
    running: dict[Service, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, services: Iterable[Service]) -> None:
        for service in services:
            self.stop_signals.check()
            self.running[service] = _launch(service, self.directory)

    def wait_until_ready(self) -> None:
        """Returns once all services are ready. Raises `ServiceFailed` or `Interrupted`."""
        deadline = time.monotonic() + READY_WITHIN_S
        waiting = list(self.running)
        while waiting := [service for service in waiting if not service.is_ready()]:
            self._look()
            if time.monotonic() > deadline:
                raise ServiceFailed(_failure(waiting[0], "did not get ready"))

    def watch(self) -> None:
        """Ends only by `ServiceFailed` or `Interrupted`."""
        while True:
            self._look()

    def stop(self) -> None:
        """Ask all to end, then end what is left of them."""
        for process in self.running.values():
            process.terminate()
        deadline = time.monotonic() + STOPS_WITHIN_S
        for process in self.running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
        for process in self.running.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.running.clear()

    def _look(self) -> None:
        self.stop_signals.check()
        for service, process in self.running.items():
            status = process.poll()
            if status is not None:
                raise ServiceFailed(_failure(service, f"ended by itself ({_how(status)})"))
        time.sleep(LOOKS_EVERY_S)


def _launch(service: Service, directory: Path) -> subprocess.Popen[bytes]:
    service.log.parent.mkdir(exist_ok=True)
    if service.log.exists():
        service.log.replace(service.log.with_suffix(".log.1"))
    with service.log.open("wb") as log:
        return subprocess.Popen(  # noqa: S603  # our own commands, without a shell
            service.command,
            cwd=directory,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in the terminal reaches only us
            preexec_fn=partial(end_with, os.getpid()),
        )


def end_with(parent: int) -> None:
    """In the child: be told to end when `parent` dies, even if it is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before we could ask
            os._exit(1)


def _how(status: int) -> str:
    if status < 0:
        return f"killed by {signal.Signals(-status).name}"
    return f"exit status {status}"


def _failure(service: Service, what: str) -> str:
    lines = service.log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
    told = "\n".join(f"    {line}" for line in lines) or "    (nothing)"
    return f"The {service.name} {what}. The end of {service.log}:\n{told}"
