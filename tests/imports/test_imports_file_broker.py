"""The broker of folders: messages come whole, and a broken one harms nobody."""

from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection

from importer.celery import app  # noqa: F401  # makes the broker ours
from importer.file_broker import Transport

pytestmark = pytest.mark.alone

QUEUE = "nudges"


@pytest.fixture
def broker(tmp_path: Path):
    for folder in ("messages", "control"):
        (tmp_path / folder).mkdir()
    options = {
        "data_folder_in": str(tmp_path / "messages"),
        "data_folder_out": str(tmp_path / "messages"),
        "control_folder": str(tmp_path / "control"),
    }
    Transport.global_state.clear()  # of another test's folders
    return lambda: Connection("filesystem://", transport_options=options)


def send(broker, message: object) -> None:
    with broker() as connection, connection.SimpleQueue(QUEUE) as queue:
        queue.put(message)


def received(broker) -> object:
    with broker() as connection, connection.SimpleQueue(QUEUE) as queue:
        message = queue.get(timeout=2)
        message.ack()
        return message.payload


def test_message_arrives(broker, tmp_path):
    send(broker, {"pk": 7})

    assert [file.suffix for file in (tmp_path / "messages").iterdir()] == [".msg"]
    assert received(broker) == {"pk": 7}
    assert list((tmp_path / "messages").iterdir()) == []


@pytest.mark.parametrize("broken", [b"", b'{"body": "e30', b"\xff\xfe"])
def test_message_of_one_who_died_while_writing_is_passed_over(broker, tmp_path, broken):
    (tmp_path / "messages" / f"1_broken.{QUEUE}.msg").write_bytes(broken)
    send(broker, {"pk": 8})

    assert received(broker) == {"pk": 8}


def test_draft_of_a_message_is_no_message(broker, tmp_path):
    (tmp_path / "messages" / "1_new.draft").write_bytes(b"{")

    with pytest.raises(Empty):
        received(broker)
