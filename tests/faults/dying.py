"""A Celery worker that dies by SIGKILL wherever the file `die-at` names a step boundary.

Each line of that file kills one worker: `part submitted before`, `import done after`.
"""

import fcntl
import os
import signal
from pathlib import Path

import django
from celery.__main__ import main

DIE_AT = "die-at"
PART_STATES = ("packed", "uploaded", "submitting", "submitted", "settling", "finished", "collected")
IMPORT_STATES = ("running", "done", "done_with_problems")
BOUNDARIES = [
    f"{thing} {state} {moment}"
    for thing, states in (("part", PART_STATES), ("import", IMPORT_STATES))
    for state in states
    for moment in ("before", "after")
]


def die_if_told(boundary: str) -> None:
    """End this process without another word if its end is wanted here."""
    with (Path(os.environ["DATA_DIR"]) / DIE_AT).open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        told = file.read().splitlines()
        if boundary not in told:
            return
        told.remove(boundary)
        file.seek(0)
        file.truncate()
        file.write("\n".join(told))
    os.kill(os.getpid(), signal.SIGKILL)


def watch(kind: type, name: str) -> None:
    """Every move of rows of `kind` is a boundary, before it is saved and after."""
    move = kind.move

    def moved(self, to, **fields):
        die_if_told(f"{name} {to} before")
        move(self, to, **fields)
        die_if_told(f"{name} {to} after")

    kind.move = moved


def hurry() -> None:
    """What is tried again is so sooner than people would wait for."""
    from importer.imports import advance
    from importer.imports.running import waiting

    advance.IDLE_S = 0.05
    waiting.FIRST_RETRY_S, waiting.LONGEST_RETRY_S = 0.2, 1.0
    waiting.FIRST_LOOK_S, waiting.LONGEST_LOOK_S = 0.2, 1.0
    waiting.LONGEST_PAUSE_S = 2.0


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "importer.settings")
    django.setup()
    from importer.imports.models import Import, Part

    watch(Part, "part")
    watch(Import, "import")
    hurry()
    main()
