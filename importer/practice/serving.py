"""Runs the practice CRM in the foreground until it is told to stop."""

import json
import logging
import os
import signal
import socket
import sys

import uvicorn

from importer.practice.crm import Settings
from importer.practice.options import Options
from importer.practice.server import create_app
from importer.practice.tokens import Credentials


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
    """Serve until SIGINT or SIGTERM. `PortTakenError` if the port cannot be had."""
    listener = _listen(options.host, options.port)
    address = f"http://{options.host}:{listener.getsockname()[1]}"
    settings = Settings(
        options.data_dir, credentials_from_environment(), options.pace_s, options.credits_a_day
    )
    config = uvicorn.Config(
        create_app(settings, address),
        log_level=logging.WARNING,
        access_log=False,
        timeout_graceful_shutdown=3,
    )
    # Uvicorn passes the signal on when it is done; either then ends in the same quiet way.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        AnnouncingServer(config, _announcement(options, address, settings.credentials)).run(
            sockets=[listener]
        )
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
    return 0


def credentials_from_environment() -> Credentials:
    standard = Credentials()
    return Credentials(
        client_id=os.environ.get("PRACTICE_CRM_CLIENT_ID", standard.client_id),
        client_secret=os.environ.get("PRACTICE_CRM_CLIENT_SECRET", standard.client_secret),
        refresh_token=os.environ.get("PRACTICE_CRM_REFRESH_TOKEN", standard.refresh_token),
    )


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
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
