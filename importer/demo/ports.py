"""Where the demo listens: the wanted ports, or the next that are free."""

import os
import socket
from dataclasses import dataclass
from typing import Final, Self

HOST: Final = "127.0.0.1"
WEB_PORT: Final = 8000
PRACTICE_PORT: Final = 8765
TRIES: Final = 100  # ports looked at, from the wanted one on


class NoPort(Exception):
    """There is no port to listen on; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of the two servers, and a sentence for each that is not the wanted one."""

    web: int
    practice: int
    notes: tuple[str, ...] = ()

    @classmethod
    def choose(cls) -> Self:
        """Those that `PORT` and `PRACTICE_PORT` ask for, as far as they are free."""
        wanted_web = _wanted("PORT", WEB_PORT)
        wanted_practice = _wanted("PRACTICE_PORT", PRACTICE_PORT)
        web = free_port(wanted_web)
        practice = free_port(wanted_practice, but=web)
        pairs = ((wanted_web, web), (wanted_practice, practice))
        notes = (
            f"Port {wanted} is taken; using {used}." for wanted, used in pairs if wanted != used
        )
        return cls(web, practice, tuple(notes))

    @property
    def web_url(self) -> str:
        return f"http://{HOST}:{self.web}"

    @property
    def practice_url(self) -> str:
        return f"http://{HOST}:{self.practice}"


def free_port(wanted: int, *, but: int | None = None) -> int:
    """`wanted`, or the first port after it that nothing listens on and that is not `but`."""
    for port in range(wanted, min(wanted + TRIES, 65536)):
        if port != but and _is_free(port):
            return port
    raise NoPort(f"Port {wanted} and those after it are taken. Set PORT or PRACTICE_PORT.")


def _wanted(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise NoPort(f"{name} is “{text}”, but a port is a number from 1 to 65535.")
    return int(text)


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except PermissionError as error:
            raise NoPort(f"You may not listen on port {port}. Choose one from 1024 on.") from error
        except OSError:
            return False
    return True
