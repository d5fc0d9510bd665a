"""`manage.py run_import`: the wizard's own way of a file into the CRM, without a browser."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, TypeVar

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from importer.crm.errors import CrmError
from importer.crm.schema import Operation
from importer.import_templates.models import ImportTemplate
from importer.imports import choosing, uploading
from importer.imports.advance import drive
from importer.imports.delivering import deliver_all
from importer.imports.models import Import
from importer.imports.running import starting
from importer.imports.running.starting import PlanOutdated, Terms
from importer.imports.telling import tell
from importer.mapping import InvalidMapping, Mapping
from importer.teams import connecting, metadata
from importer.teams.models import Connection, Team

CANNOT_START = 2
T = TypeVar("T")


class InvalidInput(ValueError):
    """What was asked for cannot be done; its text tells why."""


class Command(BaseCommand):
    """Prints JSON on standard output; why nothing could start goes to standard error."""

    help = (
        "Imports a spreadsheet and prints what became of it as JSON. Exit status: 0 all rows "
        "went in (with --dry-run: would be sent), 1 some did not, 2 nothing could start."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--connection", help="by name; “practice” is made on first use")
        parser.add_argument("--module", help="API name, such as Leads")
        parser.add_argument("--operation", choices=[operation.value for operation in Operation])
        parser.add_argument("--find-by", default="", help="API name of the match field")
        parser.add_argument("--mapping", type=Path, help="a JSON file; else the headers decide")
        parser.add_argument("--template", help="name of a saved template, which decides it all")
        parser.add_argument("--team", help="by name, where there are several")
        parser.add_argument(
            "--stop-above", type=int, metavar="PERCENT", help="stop if more of the rows fail"
        )
        parser.add_argument(
            "--keep-values", action="store_true", help="of records it changes, so it can be undone"
        )
        parser.add_argument("--dry-run", action="store_true", help="stop before sending")
        parser.add_argument("--json", action="store_true", help="the default, and the only way")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            import_ = _checked(options)
            if not options["dry_run"]:
                terms = Terms((), options["stop_above"], options["keep_values"])
                starting.start(import_, None, starting.plan(import_).key, terms)
                drive(import_)
                deliver_all(import_)
        except (CrmError, InvalidInput, InvalidMapping, PlanOutdated, OSError) as error:
            raise CommandError(str(error), returncode=CANNOT_START) from error
        except DatabaseError as error:
            text = f"The database cannot be used now: {error}."
            raise CommandError(text, returncode=CANNOT_START) from error
        told = tell(import_)
        self.stdout.write(json.dumps(told, indent=2))
        counts = told["counts"]
        missing = counts["held_back"] if options["dry_run"] else counts["rows"] - told["went_in"]
        if missing:
            raise SystemExit(1)


def _checked(options: dict[str, Any]) -> Import:
    """The import with all choices made and every row checked."""
    team = _team(options["team"])
    with options["file"].open("rb") as file:
        import_ = uploading.begin_import(team, None, File(file, name=options["file"].name))
    _work(import_)
    if not import_.table or not import_.table.rows:
        raise InvalidInput("This file has no row beneath its header, so nothing to import.")
    if options["template"]:
        choosing.apply_template(import_, None, _template(team, options["template"]))
    else:
        _choose(import_, options)
    wrong = choosing.what_does_not_fit(import_)
    if wrong:
        raise InvalidMapping("\n".join(wrong))
    choosing.check(import_)
    _work(import_)
    return import_


def _work(import_: Import) -> None:
    drive(import_)
    if import_.work_error:
        raise InvalidInput(import_.work_error)


def _choose(import_: Import, options: dict[str, Any]) -> None:
    for name in ("connection", "module", "operation"):
        if not options[name]:
            raise InvalidInput(f"Say which --{name} to use, or give a --template.")
    connection = _connection(import_.team, options["connection"])
    known = [module.api_name for module in metadata.modules(connection)]
    if options["module"] not in known:
        raise InvalidInput(f"There is no module {options['module']}. Known: {', '.join(known)}.")
    module = metadata.module(connection, options["module"], fresh=True)
    operation = Operation(options["operation"])
    choosing.choose_destination(import_, None, connection, module, operation, options["find_by"])
    if options["mapping"]:
        mapping = _mapping(options["mapping"])
        choosing.choose_mapping(import_, None, mapping)


def _mapping(path: Path) -> Mapping:
    try:
        return Mapping.from_json(json.loads(path.read_text()))
    except InvalidMapping:
        raise
    except ValueError as error:  # no JSON, or no UTF-8
        raise InvalidInput(f"{path} is not JSON: {error}.") from error


def _team(name: str | None) -> Team:
    teams = Team.objects.order_by("name")
    if name:
        return _named(teams.filter(name=name).first(), "team", name, teams)
    if teams.count() > 1:
        names = ", ".join(team.name for team in teams)
        raise InvalidInput(f"There are several teams; say which --team to use: {names}.")
    return teams.first() or Team.objects.create(name="Team")


def _connection(team: Team, name: str) -> Connection:
    if name == connecting.PRACTICE:
        try:
            return connecting.connect_practice(team)
        except ValueError as error:
            raise InvalidInput(f"PRACTICE_CRM_URL: {error}.") from error
    known = Connection.objects.filter(team=team)
    found: Connection | None = known.filter(name=name).first()
    return _named(found, "connection", name, known)


def _template(team: Team, name: str) -> ImportTemplate:
    known = ImportTemplate.objects.filter(team=team)
    found: ImportTemplate | None = known.filter(name=name).first()
    return _named(found, "template", name, known)


def _named(found: T | None, kind: str, name: str, known: Any) -> T:
    if found is None:
        names = ", ".join(str(other) for other in known.all()) or "none yet"
        raise InvalidInput(f"There is no {kind} called {name}. Known: {names}.")
    return found
