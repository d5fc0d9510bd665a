"""A practice CRM over HTTP, in a process of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.practice.caller import Caller
from tests.practice_server import practice_crm


@pytest.fixture(scope="session")
def shared_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with practice_crm(tmp_path_factory.mktemp("practice")) as address:
        yield address


@pytest.fixture(scope="session")
def shared_caller(shared_address: str) -> Caller:
    return Caller(shared_address)


@pytest.fixture
def caller(shared_caller: Caller) -> Caller:
    """A caller of a practice CRM that has just been reset."""
    shared_caller.http.post("/reset", headers={"Origin": shared_caller.address})
    return shared_caller


@pytest.fixture
def lone_caller(tmp_path: Path) -> Iterator[Caller]:
    """A caller of a practice CRM of its own, whose clock may be put forward by days."""
    with practice_crm(tmp_path / "practice") as address:
        yield Caller(address)
