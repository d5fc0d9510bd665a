"""What all tests share: a data directory of their own, and an order from the quick to the slow."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import hypothesis
import pytest

# Django reads its settings from the environment, once; so this comes before Django.
DATA_DIR = Path(tempfile.mkdtemp(prefix="importer-tests-"))
atexit.register(shutil.rmtree, DATA_DIR, ignore_errors=True)
os.environ |= {"DATA_DIR": str(DATA_DIR), "DJANGO_SETTINGS_MODULE": "importer.settings"}
for name in ("BASE_URL", "CELERY_BROKER_URL", "DEBUG", "S3_BUCKET"):
    os.environ.pop(name, None)


# Machines are shared: how long an example takes says nothing about our work.
hypothesis.settings.register_profile("shared machine", deadline=None)
hypothesis.settings.load_profile("shared machine")


def pytest_configure(config: pytest.Config) -> None:
    if not config.pluginmanager.hasplugin("django"):
        return
    from django.conf import settings

    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES["staticfiles"] = plain  # none has been collected
    settings.STATIC_ROOT.mkdir(exist_ok=True)
    database = settings.DATABASES["default"]
    if "sqlite" in database["ENGINE"]:  # a file: threads see what other threads have written
        database.setdefault("TEST", {})["NAME"] = str(DATA_DIR / "tests.sqlite3")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_slowness)


def _slowness(item: pytest.Item) -> int:
    """0 for a test of pure functions, 1 with the database, 2 with a browser, servers or a clock."""
    if any(item.get_closest_marker(name) for name in ("browser", "services", "alone")):
        return 2
    uses_database = item.get_closest_marker("django_db") or "db" in getattr(
        item, "fixturenames", ()
    )
    return 1 if uses_database else 0
