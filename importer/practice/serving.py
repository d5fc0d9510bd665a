"""Runs the practice CRM in the foreground until it is told to stop."""

import json
import logging
import os
import signal
import socket
import sys

import uvicorn

from importer.practice.api.editions import EDITIONS
from importer.practice.control.connections import CuttableProtocol
from importer.practice.control.control import InvalidScriptError, read_script
from importer.practice.control.gate import Gate
from importer.practice.crm import Settings
from importer.practice.oauth.tokens import Credentials
from importer.practice.options import Options
from importer.practice.server import create_app
from importer.practice.storage.claim import FolderInUseError, claimed


class PortTakenError(Exception):
    """Another program listens on the port."""


class AnnouncingServer(uvicorn.Server):
    """Says where it is as soon as it accepts connections."""

    def __init__(self, config: uvicorn.Config, announcement: str) -> None:
        super().__init__(config)
        self.announcement = announcement

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(self.announcement, flush=True)


def serve(options: Options) -> None:
    """Serve until SIGINT or SIGTERM.

    `PortTakenError` if the port cannot be had, `FolderInUseError` if the data is another's,
    `InvalidScriptError` for mishaps that are none.
    """
    script = {} if options.faults is None else read_script(options.faults)
    listener = _listen(options.host, options.port)
    address = f"http://{options.host}:{listener.getsockname()[1]}"
    settings = Settings(
        options.data_dir,
        credentials_from_environment(),
        options.pace_s,
        EDITIONS[options.edition],
        options.credits_a_day,
        options.leavers,
        tuple(os.environ.get("PRACTICE_CRM_REDIRECT_URIS", "").split()),
        script,
    )
    # Uvicorn passes the signal on when it is done; either then ends in the same quiet way.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    announcement = _announcement(options, address, settings.credentials)
    try:
        with claimed(options.data_dir):
            AnnouncingServer(_config(settings, address), announcement).run(sockets=[listener])
    except KeyboardInterrupt:
        pass
    finally:
        listener.close()


def run(options: Options) -> int:
    """Serve; the exit status of the program."""
    try:
        serve(options)
    except PortTakenError:
        print(
            f"Port {options.port} is taken. Stop what uses it, or choose another with --port.",
            file=sys.stderr,
        )
        return 2
    except FolderInUseError:
        print(
            f"Another practice CRM keeps its data in {options.data_dir}. Stop it, or choose another"
            " folder with --data.",
            file=sys.stderr,
        )
        return 2
    except InvalidScriptError as error:
        print(f"The file of --faults cannot be used: {error}.", file=sys.stderr)
        return 2
    return 0


def _config(settings: Settings, address: str) -> uvicorn.Config:
    app = create_app(settings, address)
    control = app.state.crm.control
    return uvicorn.Config(
        Gate(app, control.faults, control.calls),
        http=CuttableProtocol,
        proxy_headers=False,
        log_level=logging.WARNING,
        access_log=False,
        timeout_graceful_shutdown=3,
    )


def credentials_from_environment() -> Credentials:
    standard = Credentials()
    return Credentials(
        client_id=os.environ.get("PRACTICE_CRM_CLIENT_ID", standard.client_id),
        client_secret=os.environ.get("PRACTICE_CRM_CLIENT_SECRET", standard.client_secret),
        refresh_token=os.environ.get("PRACTICE_CRM_REFRESH_TOKEN", standard.refresh_token),
    )


def _listen(host: str, port: int) -> socket.socket:
    # The protocol is named so that asyncio sees TCP and lets answers go out without delay.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise PortTakenError from error
    return listener


def _announcement(options: Options, address: str, credentials: Credentials) -> str:
    facts = {
        "address": address,
        "client_id": credentials.client_id,
        "client_secret": credentials.client_secret,
        "refresh_token": credentials.refresh_token,
    }
    if options.as_json:
        return json.dumps(facts)
    lines = [f"{name.replace('_', ' ').capitalize():<15}{value}" for name, value in facts.items()]
    return "\n".join(["The practice CRM is ready.", *lines])
