"""The arrows of the house: who may import whom, read from the source of every module."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
IMPORTER = ROOT / "importer"
PURE = ("sheets", "mapping", "checks", "bulk")
SCHEMA = "importer.crm.schema"
APPS = ("teams", "audit", "import_templates", "imports")

# What each room may import of the others: a package, or one module of it.
MAY_IMPORT = {
    "sheets": (),
    "mapping": ("importer.sheets", SCHEMA),
    "checks": ("importer.sheets", "importer.mapping", SCHEMA),
    "bulk": ("importer.sheets", "importer.mapping", "importer.checks", SCHEMA),
    "crm": (),
    "practice": (),
    "webhooks": ("importer.crm.deadline",),
    "audit": (),
    "teams": ("importer.crm", "importer.audit", "importer.webhooks", "importer.celery"),
    "import_templates": (SCHEMA, "importer.mapping", "importer.teams", "importer.audit"),
}
OF_THE_WEB = ("django", "httpx", "celery", "kombu", "allauth", "csp", "django_htmx", "stamina")
SERVERS_OF_THE_PRACTICE_CRM = ("starlette", "uvicorn", "jinja2")


def modules_of(*packages: str) -> list[Path]:
    return [path for package in packages for path in sorted((IMPORTER / package).rglob("*.py"))]


def imported_by(path: Path) -> Iterator[str]:
    """The full name of everything that the module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = path.relative_to(ROOT).with_suffix("").parts[: -node.level or None]
            base = ".".join([*(package if node.level else ()), *filter(None, [node.module])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def within(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def strays(path: Path, *forbidden: str, but: tuple[str, ...] = ()) -> list[str]:
    """What of `forbidden` the module imports."""
    return [n for n in imported_by(path) if within(n, *forbidden) and not within(n, *but)]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", modules_of(*PURE), ids=named)
def test_arrows_keep_the_pure_packages_pure(path):
    assert strays(path, *OF_THE_WEB) == []


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_arrows_point_one_way(room):
    own = f"importer.{room}"

    found = {
        named(path): strays(path, "importer", but=(own, *MAY_IMPORT[room]))
        for path in modules_of(room)
    }

    assert found
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize("path", modules_of("crm"), ids=named)
def test_arrows_leave_the_client_without_django(path):
    assert strays(path, "django", "celery", "polars") == []


def test_arrows_leave_the_schema_without_anything_of_ours_or_the_web():
    assert strays(IMPORTER / "crm" / "schema.py", "importer", *OF_THE_WEB) == []


def test_arrows_part_the_practice_crm_from_all_the_rest():
    rest = [p for p in sorted(IMPORTER.rglob("*.py")) if "practice" not in p.parts]

    assert rest
    assert [named(p) for p in rest if strays(p, "importer.practice")] == []


def test_arrows_give_the_practice_crm_django_for_its_command_alone():
    users = [named(p) for p in modules_of("practice") if strays(p, "django")]

    assert [path for path in users if "/management/commands/" not in path] == []


@pytest.mark.parametrize("room", [*PURE, "crm", "webhooks", *APPS])
def test_arrows_keep_the_practice_crms_server_to_itself(room):
    found = [named(p) for p in modules_of(room) if strays(p, *SERVERS_OF_THE_PRACTICE_CRM)]

    assert found == []


def test_arrows_let_only_the_client_and_webhooks_speak_http():
    speakers = {
        path.relative_to(IMPORTER).parts[0]
        for path in modules_of(*PURE, *APPS, "crm", "webhooks")
        if strays(path, "httpx", "httpcore")
    }

    assert speakers == {"crm", "webhooks"}


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_arrows_let_nothing_below_imports_import_it(room):
    assert [named(p) for p in modules_of(room) if strays(p, "importer.imports")] == []


def test_arrows_are_seen_wherever_an_import_stands(tmp_path, monkeypatch):
    package = tmp_path / "importer" / "sheets"
    package.mkdir(parents=True)
    module = package / "sly.py"
    module.write_text("def f():\n    from ..bulk import cut\n    import django.conf\n")
    monkeypatch.setitem(globals(), "ROOT", tmp_path)

    assert strays(module, "importer.bulk", "django") == ["importer.bulk.cut", "django.conf"]
