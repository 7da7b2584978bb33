"""What a dispatch says of its room."""

from __future__ import annotations

import json

import pytest

from assistant.job_metadata import options_for_job
from assistant.options import RoomOptions, VoiceMode
from assistant.turns.overlap import Overlap
from chat import Dialect

CHOSEN = RoomOptions(overlap=Overlap.COLLECT, greeting="Hello")


@pytest.mark.parametrize("dialect", Dialect)
def test_it_names_a_dialect(dialect: Dialect) -> None:
    options = options_for_job(CHOSEN, json.dumps({"chat.dialect": dialect.value, "other": 1}))
    assert options == RoomOptions(overlap=Overlap.COLLECT, dialect=dialect, greeting="Hello")


@pytest.mark.parametrize("overlap", Overlap)
def test_it_names_a_policy_which_counts_instead_of_the_setting(overlap: Overlap) -> None:
    options = options_for_job(CHOSEN, json.dumps({"chat.overlap": overlap.value, "other": 1}))
    assert options == RoomOptions(overlap=overlap, greeting="Hello")


@pytest.mark.parametrize("voice", VoiceMode)
def test_it_says_whether_its_room_is_spoken_in(voice: VoiceMode) -> None:
    options = options_for_job(CHOSEN, json.dumps({"chat.voice": voice.value, "other": 1}))
    assert options == RoomOptions(overlap=Overlap.COLLECT, voice=voice, greeting="Hello")


def test_it_names_the_conversation_that_goes_on() -> None:
    options = options_for_job(CHOSEN, json.dumps({"chat.conversation": "ticket 7"}))
    assert options == RoomOptions(
        overlap=Overlap.COLLECT, greeting="Hello", conversation="ticket 7"
    )


def test_a_conversation_is_named_by_a_text(caplog: pytest.LogCaptureFixture) -> None:
    assert options_for_job(CHOSEN, json.dumps({"chat.conversation": 7})) == CHOSEN
    [record] = caplog.records
    assert record.__dict__["key"] == "chat.conversation"


@pytest.mark.parametrize(
    "metadata",
    ["", "text", "[]", "null", "3", "{}", '"chat.overlap"', "[" * 10_000, '{"model": "x", "": 1}'],
)
def test_what_belongs_to_the_application_is_left_to_it(
    metadata: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert options_for_job(CHOSEN, metadata) == CHOSEN
    assert caplog.records == []


@pytest.mark.parametrize(
    "key", ["chat.model", "chat.greeting", "chat.Overlap", "chat.", "chat.x.y"]
)
def test_an_unknown_key_is_named_in_a_warning_with_those_that_are_known(
    key: str, caplog: pytest.LogCaptureFixture
) -> None:
    metadata = json.dumps({key: "a secret", "chat.overlap": "queue"})
    assert options_for_job(CHOSEN, metadata).overlap is Overlap.QUEUE
    [record] = caplog.records
    assert record.__dict__["key"] == key
    assert record.__dict__["known"] == [
        "chat.conversation",
        "chat.dialect",
        "chat.overlap",
        "chat.voice",
    ]
    assert "secret" not in str(record.__dict__)


@pytest.mark.parametrize("value", ["INTERRUPT", "auto", None, ["queue"], {}, 1, True])
def test_an_unknown_value_changes_nothing_and_is_not_logged(
    value: object, caplog: pytest.LogCaptureFixture
) -> None:
    metadata = json.dumps({"chat.overlap": value, "chat.dialect": "stream"})
    options = options_for_job(CHOSEN, metadata)
    assert (options.overlap, options.dialect) == (Overlap.COLLECT, Dialect.STREAM)
    [record] = caplog.records
    assert record.__dict__["key"] == "chat.overlap"
    assert record.__dict__["known"] == ["interrupt", "collect", "queue"]
