"""Work done ahead: the same items, and the same errors."""

from threading import Event

import pytest

from importer.sheets.ahead import ahead


def test_ahead_makes_an_item_while_the_one_before_is_in_use():
    made = Event()

    def items():
        yield 1
        made.set()
        yield 2

    found = ahead(items())

    assert next(found) == 1
    assert made.wait(10)
    assert list(found) == [2]


def test_ahead_raises_what_stopped_the_work():
    def items():
        yield 1
        raise ValueError("broken")

    found = ahead(items())

    assert next(found) == 1
    with pytest.raises(ValueError, match="broken"):
        next(found)
