"""`manage.py run_import`: its JSON, its exit statuses, and its reasons on standard error."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection as database
from django.utils import timezone

from importer.imports import choosing
from importer.imports.advance import drive
from importer.imports.models import Import, Part
from importer.teams.models import Team
from tests.office import finished, leads_csv, parts_of

pytestmark = pytest.mark.alone

ROOT = Path(__file__).resolve().parents[2]
COUNTS = {
    "rows",
    "created",
    "updated",
    "unchanged",
    "skipped",
    "failed",
    "held_back",
    "not_sent",
    "unknown",
    "reversed",
}
UPSERT = ("--connection=practice", "--module=Leads", "--operation=upsert", "--find-by=Email")


@dataclass(frozen=True)
class Ended:
    """A command's exit status, what it printed, and why it did not start."""

    status: int
    told: dict
    why: str = ""


def run(*arguments: object) -> Ended:
    """The command inside of this process."""
    out = io.StringIO()
    try:
        call_command("run_import", *map(str, arguments), stdout=out)
    except CommandError as error:
        assert out.getvalue() == ""
        return Ended(error.returncode, {}, str(error))
    except SystemExit as end:
        return Ended(int(end.code), json.loads(out.getvalue()))
    return Ended(0, json.loads(out.getvalue()))


def command(*arguments: object, **environment: str) -> subprocess.Popen:
    """The command as a process of its own, with this test's database."""
    known = database.settings_dict
    url = f"sqlite:///{known['NAME']}"
    if database.vendor == "postgresql":
        access = f"{known['USER']}:{known['PASSWORD']}@{known['HOST']}:{known['PORT']}"
        url = f"postgres://{access}/{known['NAME']}"
    return subprocess.Popen(
        [sys.executable, "manage.py", "run_import", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": url} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def leads(tmp_path, domain) -> Path:
    path = tmp_path / "leads.csv"
    path.write_bytes(leads_csv(domain, 3))
    return path


@pytest.fixture
def bad_leads(tmp_path, domain) -> Path:
    path = tmp_path / "leads.csv"
    path.write_bytes(leads_csv(domain, 3, bad=1))
    return path


def test_run_import_takes_every_row_in_and_tells_it(connection, leads, crm, domain):
    ended = run(leads, *UPSERT, "--json")

    assert ended.status == 0
    told = ended.told
    assert told["state"] == "done"
    assert set(told["counts"]) == COUNTS
    assert told["counts"] == dict.fromkeys(COUNTS, 0) | {"rows": 3, "created": 3}
    assert told["went_in"] == 3
    [part] = told["parts"]
    assert (part["number"], part["state"], part["rows"]) == (1, "collected", 3)
    assert part["job_id"] in crm.jobs()
    assert set(crm.leads(domain)) == {f"p{n}@{domain}" for n in (1, 2, 3)}


def test_run_import_names_the_reports_by_their_paths(connection, bad_leads, crm):
    reports = run(bad_leads, *UPSERT).told["reports"]

    assert set(reports) == {"problems_xlsx", "problems_csv", "outcomes_csv"}
    assert all(Path(path).is_file() for path in reports.values())
    assert "Last Name" in Path(reports["problems_csv"]).read_text("utf-8-sig")


def test_run_import_with_rows_held_back_ends_with_1(connection, bad_leads, crm):
    ended = run(bad_leads, *UPSERT)

    assert ended.status == 1
    assert ended.told["state"] == "done_with_problems"
    counts = ended.told["counts"]
    assert (counts["rows"], counts["created"], counts["held_back"]) == (3, 2, 1)
    [problem] = ended.told["problems"]
    assert (problem["code"], problem["rows"]) == ("required_blank", 1)


def test_run_import_of_the_same_file_creates_nothing(connection, leads, crm, domain):
    run(leads, *UPSERT)
    before = crm.leads(domain)

    again = run(leads, *UPSERT)

    assert again.status == 0
    assert (again.told["counts"]["created"], again.told["counts"]["updated"]) == (0, 3)
    assert crm.leads(domain) == before


@pytest.mark.parametrize(("bad", "status"), [(0, 0), (1, 1)])
def test_run_import_that_is_tried_only_sends_nothing(
    connection, tmp_path, crm, domain, line, bad, status
):
    path = tmp_path / "leads.csv"
    path.write_bytes(leads_csv(domain, 3, bad=bad))
    jobs = crm.jobs()

    ended = run(path, *UPSERT, "--dry-run")

    assert ended.status == status
    assert ended.told["state"] == "draft"
    assert ended.told["parts"] == []
    counts = ended.told["counts"]
    assert (counts["rows"], counts["held_back"], counts["not_sent"]) == (3, bad, 3 - bad)
    assert crm.jobs() == jobs
    assert crm.leads(domain) == {}
    assert not [path for _, path in line.carried if "write" in path or "upload" in path]


def test_run_import_with_a_mapping_file(connection, tmp_path, crm, domain):
    path, mapping = tmp_path / "leads.csv", tmp_path / "mapping.json"
    path.write_text(f"Mail,Who\na@{domain},Ann\n")
    columns = [{"column": "Mail", "field": "Email"}, {"column": "Who", "field": "Last_Name"}]
    fixed = [{"field": "Company", "value": "Acme"}]
    mapping.write_text(json.dumps({"columns": columns, "fixed": fixed}))

    ended = run(path, *UPSERT, "--mapping", mapping)

    assert ended.status == 0
    assert crm.leads(domain)[f"a@{domain}"]["Company"] == "Acme"


def test_run_import_takes_the_mapping_of_another_import(connection, ana, leads, tmp_path, crm):
    mapping = finished(connection, ana, leads.read_bytes()).mapping
    path = tmp_path / "mapping.json"
    path.write_text(json.dumps(mapping.to_json()))

    assert run(leads, *UPSERT, "--mapping", path).status == 0
    assert Import.objects.latest("created_at").mapping == mapping


def test_run_import_with_a_template(connection, ana, leads, crm, domain):
    first = finished(connection, ana, leads_csv(f"other.{domain}"))
    choosing.save_template(first, ana, "Weekly leads")

    ended = run(leads, "--template", "Weekly leads")

    assert ended.status == 0
    assert ended.told["counts"]["created"] == 3
    assert len(crm.leads(domain)) == 3


def test_run_import_makes_its_team_where_there_is_none(db, leads, crm):
    run(leads, *UPSERT)

    assert Import.objects.get().team == Team.objects.get()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("nowhere.csv", *UPSERT), "nowhere.csv"),
        (("{leads}", *UPSERT, "--module=Nonsense"), "There is no module Nonsense. Known: "),
        (("{leads}", *UPSERT, "--connection=zoho"), "There is no connection called zoho"),
        (("{leads}", *UPSERT, "--find-by="), "Choose the field that finds the records"),
        (("{leads}", *UPSERT, "--find-by=Description"), "Records cannot be found by Description"),
        (("{leads}", "--module=Leads", "--operation=insert"), "Say which --connection to use"),
        (("{leads}", "--connection=practice", "--module=Leads"), "Say which --operation to use"),
        (("{leads}", *UPSERT, "--template=None such"), "There is no template called None such"),
        (("{leads}", *UPSERT, "--mapping={leads}"), "is not JSON"),
        (("{leads}", *UPSERT, "--mapping=nowhere.json"), "nowhere.json"),
        (("{leads}", *UPSERT, "--mapping={odd}"), "columns"),
        (("{leads}", *UPSERT, "--team=None such"), "There is no team called None such"),
        (("{no company}", *UPSERT), "Company must have a value in every new record"),
        (("{binary}", *UPSERT), "."),
        (("{empty}", *UPSERT), "."),
    ],
)
def test_run_import_that_cannot_start_ends_with_2_and_says_why(
    connection, tmp_path, leads, crm, domain, arguments, why
):
    files = {
        "{leads}": leads,
        "{no company}": tmp_path / "no-company.csv",
        "{binary}": tmp_path / "binary.csv",
        "{empty}": tmp_path / "empty.csv",
        "{odd}": tmp_path / "odd.json",
    }
    files["{no company}"].write_text(f"Email,Last Name\na@{domain},Ann\n")
    files["{binary}"].write_bytes(b"%PDF-1.7\n\x00\x01\x02\xff")
    files["{empty}"].write_bytes(b"")
    files["{odd}"].write_text('{"columns": 7}')
    jobs = crm.jobs()
    given = list(arguments)
    for name, path in files.items():
        given = [argument.replace(name, str(path)) for argument in given]

    ended = run(*given)

    assert ended.status == 2
    assert why in ended.why
    assert "Traceback" not in ended.why
    assert crm.jobs() == jobs


def test_run_import_without_its_crm_ends_with_2(team, leads, settings, one_try):
    settings.PRACTICE_CRM_URL = "http://127.0.0.1:1"

    ended = run(leads, *UPSERT)

    assert ended.status == 2
    assert "cannot be reached" in ended.why


def test_run_import_asks_which_of_several_teams(connection, strangers, leads, crm):
    ended = run(leads, *UPSERT)

    assert ended.status == 2
    assert "Sales" in ended.why
    assert "Strangers" in ended.why
    assert run(leads, *UPSERT, "--team=Sales").status == 0


@pytest.mark.django_db(transaction=True)
def test_run_import_as_a_process_keeps_json_and_reasons_apart(
    practice_settings, connection, bad_leads, tmp_path
):
    going = command(bad_leads, *UPSERT, PRACTICE_CRM_URL=practice_settings)
    failing = command(tmp_path / "nowhere.csv", *UPSERT, PRACTICE_CRM_URL=practice_settings)

    out, _ = going.communicate(timeout=60)
    nothing, why = failing.communicate(timeout=60)

    assert going.returncode == 1
    assert json.loads(out)["counts"]["created"] == 2
    assert failing.returncode == 2
    assert nothing == ""
    assert "nowhere.csv" in why
    assert "Traceback" not in why


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("operation", ["insert", "upsert"])
def test_run_import_that_was_killed_is_finished_by_another_process(
    practice_settings, connection, tmp_path, crm, domain, operation
):
    path = tmp_path / "leads.csv"
    path.write_bytes(leads_csv(domain, 30))
    jobs = crm.jobs()
    given = ("--connection=practice", "--module=Leads", f"--operation={operation}")
    given += ("--find-by=Email",) if operation == "upsert" else ()
    process = command(path, *given, PRACTICE_CRM_URL=practice_settings, PART_ROWS="10")
    until_a_job_is_known(process)

    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    import_ = Import.objects.get()
    assert import_.is_open
    past = timezone.now() - timedelta(seconds=1)
    for kind in (Import, Part):
        kind.objects.exclude(lease_token=None).update(lease_until=past)
    drive(import_)

    balance = import_.balance
    assert balance.adds_up
    assert balance.went_in + balance.unknown == 30
    if operation == "upsert":
        assert balance.unknown == 0
        assert len(crm.leads(domain)) == 30
    else:  # each part at most once, even if the kill hit the very moment of its sending
        assert len(crm.jobs() - jobs) <= 3
        assert balance.created <= len(crm.leads(domain)) <= 30


def until_a_job_is_known(process: subprocess.Popen) -> None:
    for _ in range(3000):
        if Part.objects.exclude(job_id="").exists():
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    raise AssertionError("no job was started")


def test_run_import_of_60000_rows_goes_in_three_parts(connection, tmp_path, crm, settings):
    path = tmp_path / "leads.csv"
    with path.open("w") as file:
        file.write("Last Name,Company\n")
        file.writelines(f"Name {number},Acme\n" for number in range(60_000))
    given = ("--connection=practice", "--module=Leads", "--operation=insert")

    ended = run(path, *given)

    assert ended.status == 0
    counts = ended.told["counts"]
    assert (counts["rows"], counts["created"]) == (60_000, 60_000)
    assert [part["rows"] for part in ended.told["parts"]] == [25_000, 25_000, 10_000]
    assert len({part["job_id"] for part in ended.told["parts"]}) == 3
    assert len(parts_of(Import.objects.get())) == 3
