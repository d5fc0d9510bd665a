"""What the demo needs before it starts: tables, static files, a team, somebody to log in as.

Import it after `django.setup()`.
"""

import os
import secrets
from pathlib import Path
from typing import Final

from django.core.management import call_command
from django.db import connections

from importer.teams.connecting import connect_practice, greet
from importer.teams.models import Team, User

TEAM: Final = "Demo team"
USERNAME: Final = "demo"
CONSONANTS: Final = "bdfghjklmnprstvz"
VOWELS: Final = "aeiou"


def prepare_storage() -> None:
    """Bring the tables and the static files up to date."""
    call_command("migrate", verbosity=0, interactive=False)
    call_command("collectstatic", verbosity=0, interactive=False)


def prepare_people(data_dir: Path) -> str:
    """Make the team, its user and its connection, where they are missing; the user's password."""
    password = kept_password(data_dir / "demo_password")
    team, _ = Team.objects.get_or_create(name=TEAM)
    about = {"team": team, "manages_team": True, "is_staff": True}
    user, _ = User.objects.get_or_create(username=USERNAME, defaults=about)
    if not user.check_password(password):
        user.set_password(password)
        user.save()
    connect_practice(team)
    connections.close_all()
    return password


def greet_practice_crm() -> None:
    """Ask the practice CRM, now that it runs, who it is. Raises `CrmError`."""
    greet(connect_practice(Team.objects.get(name=TEAM)))
    connections.close_all()


def kept_password(path: Path) -> str:
    """The password in the file at `path`, which only its owner may read; new the first time."""
    if not path.exists() or not path.read_text():
        with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
            file.write(new_password())
    return path.read_text()


def new_password() -> str:
    """Four words of no language, easy to read aloud: 51 bits."""
    return "-".join(_syllable() + _syllable() for _ in range(4))


def _syllable() -> str:
    return secrets.choice(CONSONANTS) + secrets.choice(VOWELS)
