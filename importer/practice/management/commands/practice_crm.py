"""`manage.py practice_crm`: the practice CRM alone, in the foreground."""

import argparse
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from importer.practice.options import add_arguments, options_from
from importer.practice.serving import run


class Command(BaseCommand):
    help = "Runs the practice CRM until it is stopped; prints its address and credentials."
    requires_system_checks = ()

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add_arguments(parser, data_dir=Path(settings.DATA_DIR) / "practice")

    def handle(self, *_: str, **given: Any) -> None:
        sys.exit(run(options_from(given)))
