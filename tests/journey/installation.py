"""A whole installation for a test: practice CRM, worker and web server, each a process."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path

import httpx

from importer.demo.services import end_with
from tests.practice_server import ROOT, practice_crm

READY_WITHIN_S = 60
STOPS_WITHIN_S = 10
PASSWORD = "correct horse battery"
PEOPLE = {"ana": "Sales", "ben": "Support"}
PREPARE = f"""
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("collectstatic", verbosity=0, interactive=False)
from importer.teams.connecting import connect_practice, greet
from importer.teams.models import Team, User
for username, team_name in {PEOPLE!r}.items():
    team = Team.objects.create(name=team_name)
    user = User(username=username, team=team, is_staff=True, manages_team=True)
    user.set_password({PASSWORD!r})
    user.save()
    greet(connect_practice(team))
"""


@dataclass(frozen=True)
class Stack:
    """The servers that an installation stands on."""

    database_url: str = ""  # "" for SQLite under the data directory
    broker_url: str = "filesystem://"
    queue: str = "importer"


@dataclass
class Installation:
    """Where everything is, and what can be done to it from outside."""

    data_dir: Path
    address: str
    crm: str
    environment: dict[str, str]
    worker: str = "celery"  # the module that is a worker
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def run(self, code: str) -> None:
        """Run `code` in a management shell."""
        command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()

    def start_worker(self) -> None:
        options = "--beat --pool threads --concurrency 4 --loglevel INFO --without-mingle"
        name = f"--hostname={uuid.uuid4().hex}@%h"  # a broker takes each only once
        self._start(
            "worker", self.worker, "-A", "importer.celery", "worker", name, *options.split()
        )

    def kill_worker(self) -> None:
        self.kill("worker")

    def kill(self, name: str) -> None:
        """As the machine's power would: no chance to put anything in order."""
        process = self.running.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def start_web(self) -> None:
        bind = self.address.removeprefix("http://")
        options = f"--bind {bind} --worker-class gthread --threads 4 --no-control-socket"
        self._start("web", "gunicorn", "importer.wsgi", *options.split())

    def wait_until_ready(self) -> None:
        _wait_for(self._web_answers, "the web server answers", self.log("web"))
        _wait_for(self._worker_is_ready, "the worker is ready", self.log("worker"))

    def records(self, module: str) -> int:
        """How many the practice CRM says it has, on its own page."""
        html = httpx.get(self.crm).text
        card = re.search(rf'/tab/{module}">.*?card__count">([\d,]+)<', html, re.DOTALL)
        assert card, html
        return int(card[1].replace(",", ""))

    def reset_crm(self) -> None:
        httpx.post(f"{self.crm}/reset", headers={"Origin": self.crm})

    def faults(self) -> list[str]:
        """What web server and worker have logged as errors."""
        logged = [self.log(name).read_text().splitlines() for name in ("web", "worker")]
        return [line for line in chain(*logged) if re.search(r"\b(ERROR|CRITICAL)\b", line)]

    def log(self, name: str) -> Path:
        return self.data_dir / f"{name}.log"

    def stop(self) -> None:
        """Ask all to end, then end what is left of them."""
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOPS_WITHIN_S)
        for process in self.running.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.running.clear()

    def _start(self, name: str, *command: str) -> None:
        with self.log(name).open("ab") as log:
            log.truncate(0)
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=partial(end_with, os.getpid()),  # whatever becomes of the tests
            )

    def _web_answers(self) -> bool:
        try:
            return httpx.get(f"{self.address}/health", verify=False).is_success
        except httpx.TransportError:
            return False

    def _worker_is_ready(self) -> bool:
        return b" ready.\n" in self.log("worker").read_bytes()


@contextmanager
def installation(
    data_dir: Path, stack: Stack, *, worker: str = "celery", **settings: object
) -> Iterator[Installation]:
    """A running installation with two teams, each with a person and a connection.

    `settings` are environment variables: `LEASE_S=2`.
    """
    with ExitStack() as held:
        crm = held.enter_context(practice_crm(data_dir / "crm"))
        address = f"http://127.0.0.1:{_free_port()}"
        environment = os.environ | {
            "DATA_DIR": str(data_dir),
            "DATABASE_URL": stack.database_url or f"sqlite:///{data_dir / 'importer.sqlite3'}",
            "CELERY_BROKER_URL": stack.broker_url,
            "CELERY_QUEUE": stack.queue,
            "BASE_URL": address,
            "PRACTICE_CRM_URL": crm,
            "PYTHONUNBUFFERED": "1",
            **{name: str(value) for name, value in settings.items()},
        }
        installed = Installation(data_dir, address, crm, environment, worker)
        held.callback(installed.stop)
        installed.run(PREPARE)
        installed.start_worker()
        installed.start_web()
        installed.wait_until_ready()
        yield installed


def _wait_for(happened: Callable[[], bool], what: str, log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while not happened():
        assert time.monotonic() < deadline, f"not so: {what}\n{log.read_text()[-3000:]}"
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
