"""Runs the demo: `python -m importer.demo`. Ctrl-C stops everything it started."""

import os
import sys
from pathlib import Path
from typing import Final

import django
import httpx
from django.conf import settings

from importer.crm.errors import CrmError
from importer.demo.lock import AlreadyRunning, only_demo
from importer.demo.ports import HOST, NoPort, Ports
from importer.demo.services import Interrupted, Service, ServiceFailed, Services, StopSignals

FAILED: Final = 1
CANNOT_START: Final = 2
WELCOME: Final = """
The demo is ready.

    Open         {address}
    User         demo
    Password     {password}
    Sample file  {sample}

Press Ctrl-C to stop everything. What you did is kept in {data_dir}."""


def main() -> int:
    """The exit status: 0 after a stop, 1 when something failed, 2 when it could not start."""
    stop_signals = StopSignals()
    try:
        ports = Ports.choose()
        _set_environment(ports)
        with only_demo(settings.DATA_DIR, ports.web_url):
            _run(ports, stop_signals)
    except Interrupted:
        _say("Stopped.")
        return 0
    except (NoPort, AlreadyRunning) as error:
        print(error, file=sys.stderr)
        return CANNOT_START
    except (ServiceFailed, CrmError) as error:
        print(f"{error}\nEverything was stopped.", file=sys.stderr)
        return FAILED
    return 0


def _set_environment(ports: Ports) -> None:
    """What our own settings and every service are to know about this demo."""
    os.environ.update(
        DJANGO_SETTINGS_MODULE="importer.settings",
        BASE_URL=ports.web_url,
        ALLOWED_HOSTS=HOST,
        CRM_CALLBACKS="yes",  # the practice CRM is on this machine too
        PRACTICE_CRM_URL=ports.practice_url,
        LOG_LEVEL="INFO",  # the worker logs when it is ready
    )
    os.environ["DATA_DIR"] = str(settings.DATA_DIR)  # absolute, wherever the services run


def _run(ports: Ports, stop_signals: StopSignals) -> None:
    """Prepare, start, wait, tell, watch. Ends by one of the exceptions that `main` knows."""
    for note in ports.notes:
        _say(note)
    _say("Preparing the database ...")
    django.setup()
    from importer.demo import preparing  # its models exist only now

    preparing.prepare_storage()
    password = preparing.prepare_people(settings.DATA_DIR)
    _say("Starting the practice CRM, the worker and the web server ...")
    with Services(stop_signals, settings.BASE_DIR) as services:
        services.start(_services(ports, settings.DATA_DIR / "logs"))
        services.wait_until_ready()
        preparing.greet_practice_crm()
        _say(_welcome(ports, password))
        try:
            services.watch()
        except Interrupted:
            _say("\nStopping ...")
            raise


def _services(ports: Ports, logs: Path) -> tuple[Service, ...]:
    practice_log, worker_log, web_log = (logs / f"{n}.log" for n in ("practice", "worker", "web"))
    return (
        Service(
            "practice CRM",
            (sys.executable, "manage.py", "practice_crm", "--port", str(ports.practice)),
            practice_log,
            lambda: _answers(ports.practice_url),
        ),
        Service(
            "worker",
            # Threads, because polars must not be forked.
            _python("celery -A importer.celery worker --beat --pool threads --concurrency 4")
            + _words("--loglevel INFO --without-mingle --without-gossip --without-heartbeat"),
            worker_log,
            lambda: b" ready.\n" in worker_log.read_bytes(),
        ),
        Service(
            "web server",
            _python(f"gunicorn importer.wsgi --bind {HOST}:{ports.web} --worker-class gthread")
            + _words("--threads 8 --graceful-timeout 5 --no-control-socket"),
            web_log,
            lambda: _answers(ports.web_url),
        ),
    )


def _python(module_and_options: str) -> tuple[str, ...]:
    return (sys.executable, "-m", *_words(module_and_options))


def _words(options: str) -> tuple[str, ...]:
    return tuple(options.split())


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health", timeout=5, trust_env=False).is_success
    except httpx.TransportError:
        return False


def _welcome(ports: Ports, password: str) -> str:
    return WELCOME.format(
        address=ports.web_url,
        password=password,
        sample=settings.BASE_DIR / "static" / "samples" / "leads.csv",
        data_dir=settings.DATA_DIR,
    )


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
