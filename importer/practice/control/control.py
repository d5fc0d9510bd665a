"""Everything that makes the practice CRM behave otherwise, in one hand."""

import json
from collections import deque
from pathlib import Path
from typing import Any

from importer.practice.clock import CLOCK
from importer.practice.control.faults import Faults, InvalidFaultError, read_faults
from importer.practice.control.gate import CALLS_KEPT, LoggedCall
from importer.practice.control.rights import Rights
from importer.practice.control.switches import InvalidSwitchError, Switches, turned


class InvalidScriptError(ValueError):
    """A file of mishaps and switches that cannot be used; the message says why."""


class Control:
    """The mishaps to come, the switches, the rights, and the calls seen so far."""

    def __init__(self, script: dict[str, Any] | None = None) -> None:
        script = script or {}
        self.faults = Faults()
        self.rights = Rights()
        self.calls: deque[LoggedCall] = deque(maxlen=CALLS_KEPT)
        self._at_start = (read_faults(script.get("faults", [])), _switches(script))
        self._switches = self._at_start[1]
        self.faults.add(self._at_start[0])

    @property
    def switches(self) -> Switches:
        return self._switches

    def turn(self, given: Any) -> None:
        """Put the switches that a JSON object names in other positions."""
        self._switches = turned(self._switches, given)

    def reset(self) -> None:
        """As at the start: its mishaps to come again, its switches back, the clock put right."""
        faults, self._switches = self._at_start
        self.rights.withhold([])
        self.faults.clear()
        self.faults.add(faults)
        self.calls.clear()
        CLOCK.put_right()


def read_script(path: Path) -> dict[str, Any]:
    """`{"faults": [...], "switches": {...}}` from a file, checked."""
    try:
        script = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidScriptError(f"{path.name} cannot be read as JSON") from error
    script = {"faults": script} if isinstance(script, list) else script
    if not isinstance(script, dict) or not script.keys() <= {"faults", "switches"}:
        raise InvalidScriptError(f"{path.name} must hold faults, switches, or both")
    try:
        read_faults(script.get("faults", []))
        _switches(script)
    except (InvalidFaultError, InvalidSwitchError) as error:
        raise InvalidScriptError(f"{path.name}: {error}") from error
    return script


def _switches(script: dict[str, Any]) -> Switches:
    return turned(Switches(), script.get("switches", {}))
