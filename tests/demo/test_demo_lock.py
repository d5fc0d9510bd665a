"""A data folder has one demo at a time."""

import pytest

from importer.demo.lock import AlreadyRunning, only_demo

pytestmark = pytest.mark.alone

FIRST, SECOND = "http://127.0.0.1:8000", "http://127.0.0.1:8001"


def test_only_demo_names_the_address_of_the_running_one(tmp_path):
    with (
        only_demo(tmp_path, FIRST),
        pytest.raises(AlreadyRunning, match=f"already running at {FIRST}"),
        only_demo(tmp_path, SECOND),
    ):
        pytest.fail("two demos on the same data")


def test_only_demo_leaves_other_data_alone(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()

    with only_demo(tmp_path / "a", FIRST), only_demo(tmp_path / "b", SECOND):
        pass


def test_only_demo_may_start_again_after_the_first_has_broken_off(tmp_path):
    with pytest.raises(ZeroDivisionError), only_demo(tmp_path, FIRST):
        raise ZeroDivisionError

    with only_demo(tmp_path, SECOND):
        assert (tmp_path / "demo.lock").read_text() == SECOND
