"""How the practice CRM is started: its command line, the same with Django and without."""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from importer.practice.api.editions import EDITIONS

DEFAULT_PORT = 8765
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PACE_S = 0.3


@dataclass(frozen=True, slots=True)
class Options:
    """How to run it. Port 0 takes any free one."""

    data_dir: Path
    port: int = DEFAULT_PORT
    host: str = DEFAULT_HOST
    pace_s: float = DEFAULT_PACE_S
    edition: str = "enterprise"
    credits_a_day: int | None = None  # None: what the edition has
    leavers: int = 0
    faults: Path | None = None
    as_json: bool = False


def add_arguments(parser: argparse.ArgumentParser, *, data_dir: Path) -> None:
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 takes any free port")
    parser.add_argument("--host", default=DEFAULT_HOST, help="the address to listen on")
    parser.add_argument("--data", type=Path, default=data_dir, help="where its database lies")
    parser.add_argument("--json", action="store_true", help="print the credentials as JSON")
    parser.add_argument(
        "--edition", choices=EDITIONS, default="enterprise", help="what the organisation has bought"
    )
    parser.add_argument("--credits", type=int, help="API credits a day, if not the edition's")
    parser.add_argument(
        "--leavers", type=int, default=0, help="how many people have left the organisation"
    )
    parser.add_argument("--faults", type=Path, help="a JSON file of mishaps to come and switches")
    parser.add_argument(
        "--pace",
        type=float,
        default=DEFAULT_PACE_S,
        help="seconds that a job waits before it is worked on",
    )


def options_from(given: Mapping[str, Any]) -> Options:
    """The options out of what was given for the arguments, by their names."""
    return Options(
        data_dir=given["data"],
        port=given["port"],
        host=given["host"],
        pace_s=given["pace"],
        edition=given["edition"],
        credits_a_day=given["credits"],
        leavers=given["leavers"],
        faults=given["faults"],
        as_json=given["json"],
    )
