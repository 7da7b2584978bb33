"""The value that applications hold."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from chat import ChatMessage


def test_defaults_are_those_of_a_message_just_written() -> None:
    message = ChatMessage()
    assert message.message is None
    assert re.fullmatch("[0-9A-Za-z]{12}", message.id)
    assert message.timestamp.tzinfo is UTC
    assert message.timestamp.microsecond % 1000 == 0
    assert not message.deleted
    assert message.participant is None
    assert not message.is_local
    assert message.complete


def test_every_message_has_an_id_of_its_own() -> None:
    assert len({ChatMessage("hi").id for _ in range(100)}) == 100


def test_a_missing_id_is_minted() -> None:
    assert re.fullmatch("[0-9A-Za-z]{12}", ChatMessage.from_jsondict({"message": "hi"}).id)


def test_an_update_takes_over_text_and_deletion_only() -> None:
    message = ChatMessage("hi", "1")
    message.update_from_jsondict({"id": "2", "message": "ho", "timestamp": 1, "deleted": True})
    assert (message.id, message.message, message.deleted) == ("1", "ho", True)
    message.update_from_jsondict({"message": "again"})
    assert not message.deleted


def test_a_naive_time_is_local_time() -> None:
    naive = datetime(2026, 9, 21, 14, 13, 20)  # noqa: DTZ001  # what old programs pass
    assert ChatMessage("hi", "1", naive).asjsondict()["timestamp"] == naive.timestamp() * 1000
