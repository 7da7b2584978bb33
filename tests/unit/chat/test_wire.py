"""Bytes to messages and back, whatever the bytes are."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat import ChatMessage
from chat.wire import MAX_ID_LENGTH, MalformedMessageError, decode, encode, well_formed

MOMENT = datetime(2026, 9, 21, 14, 13, 20, 123_000, tzinfo=UTC)
EARLIEST = datetime(1971, 1, 1, tzinfo=UTC).replace(tzinfo=None)
MOMENT_MS = 1_790_000_000_123

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=8,
)
FIELDS = st.sampled_from(["id", "message", "timestamp", "deleted", "ignore", "ignoreLegacy", "x"])
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def packet(**fields: Any) -> bytes:
    return json.dumps({"message": "hi", **fields}).encode()


def is_now(moment: datetime) -> bool:
    return abs(datetime.now(UTC) - moment) < timedelta(minutes=1)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"hello",
        b"\xff\xfe",
        b"[]",
        b'"hi"',
        b"null",
        b"{",
        b"[" * 100_000,
        b'{"message": 1}',
        b'{"message": null}',
        b'{"message": ["hi"]}',
        b'{"id": "1"}',
        b'{"timestamp": ' + b"9" * 5_000 + b', "message": "hi"}',
    ],
    ids=lambda payload: repr(payload[:20]),
)
def test_refuses_what_is_no_message(payload: bytes) -> None:
    with pytest.raises(MalformedMessageError):
        decode(payload)


def test_an_error_holds_nothing_of_the_packet() -> None:
    with pytest.raises(MalformedMessageError) as caught:
        decode(b'{"message": "a secret')
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("payload", "ignore", "ignore_legacy"),
    [
        (packet(), None, None),
        (packet(ignore=True), True, None),
        (packet(ignore=False), False, None),
        (packet(ignoreLegacy=True), None, True),
        (packet(ignoreLegacy=False), None, False),
        (packet(ignoreLegacy="true", ignore=1), None, None),
    ],
)
def test_reads_what_a_packet_tells_of_its_client(
    payload: bytes, ignore: bool | None, ignore_legacy: bool | None
) -> None:
    decoded = decode(payload)
    assert (decoded.ignore, decoded.ignore_legacy) == (ignore, ignore_legacy)


@pytest.mark.parametrize(
    ("payload", "kept"),
    [
        (packet(id="a"), "a"),
        (packet(id="x" * MAX_ID_LENGTH), "x" * MAX_ID_LENGTH),
        (packet(id="x" * (MAX_ID_LENGTH + 1)), None),
        (packet(id=""), None),
        (packet(id=7), None),
        (packet(id=None), None),
        (packet(), None),
    ],
    ids=str,
)
def test_keeps_a_usable_id_and_mints_any_other(payload: bytes, kept: str | None) -> None:
    decoded = decode(payload)
    assert decoded.has_id is (kept is not None)
    assert decoded.message.id == kept or (kept is None and len(decoded.message.id) == 12)


@pytest.mark.parametrize(
    "timestamp",
    [None, 0, -1, 10**18, -(10**30), 10**400, "1790000000123", True, [], 1e300, "NaN", "Infinity"],
)
def test_takes_an_unreadable_time_as_now(timestamp: Any) -> None:
    payload = packet(timestamp=timestamp).replace(b'"NaN"', b"NaN").replace(b'"Inf', b"Inf")
    assert is_now(decode(payload.replace(b'inity"', b"inity")).message.timestamp)


@pytest.mark.parametrize("timestamp", [MOMENT_MS, float(MOMENT_MS)])
def test_reads_a_time_as_utc(timestamp: float) -> None:
    moment = decode(packet(timestamp=timestamp)).message.timestamp
    assert moment == MOMENT
    assert moment.tzinfo is UTC


@pytest.mark.parametrize(
    ("fields", "text", "deleted"),
    [
        ({}, "hi", False),
        ({"deleted": True}, "hi", True),
        ({"deleted": True, "message": None}, "", True),
        ({"deleted": False}, "hi", False),
        ({"deleted": "yes"}, "hi", False),
        ({"message": "\ud83d\ude00"}, "😀", False),
        ({"message": "\ud83d!"}, "\N{REPLACEMENT CHARACTER}!", False),
        ({"message": "a\u0000b\u001b[31m"}, "a\0b\x1b[31m", False),
    ],
    ids=str,
)
def test_reads_text_and_deletion(fields: dict[str, Any], text: str, deleted: bool) -> None:
    message = decode(packet(**fields)).message
    assert (message.message, message.deleted) == (text, deleted)


def test_never_reads_the_sender_from_a_packet() -> None:
    message = decode(packet(participant_identity="eve", participant={"identity": "eve"})).message
    assert message.participant is None
    assert message.participant_identity is None


@pytest.mark.parametrize(
    ("message", "ignore_legacy", "fields"),
    [
        (
            ChatMessage("hi", "1", MOMENT),
            None,
            {"id": "1", "message": "hi", "timestamp": MOMENT_MS},
        ),
        (
            ChatMessage("hi", "1", MOMENT),
            True,
            {"id": "1", "message": "hi", "timestamp": MOMENT_MS, "ignoreLegacy": True},
        ),
        (
            ChatMessage(None, "1", MOMENT, deleted=True),
            None,
            {"id": "1", "message": "", "timestamp": MOMENT_MS, "deleted": True},
        ),
    ],
    ids=["plain", "twin", "deletion"],
)
def test_writes_what_every_client_reads(
    message: ChatMessage, ignore_legacy: bool | None, fields: dict[str, Any]
) -> None:
    assert json.loads(encode(message, ignore_legacy=ignore_legacy)) == fields


@settings(deadline=None)
@given(st.binary())
def test_any_bytes_are_read_or_refused(payload: bytes) -> None:
    read_or_refuse(payload)


@settings(deadline=None)
@given(JSON_VALUES | st.dictionaries(FIELDS, JSON_VALUES))
def test_any_json_is_read_or_refused(value: Any) -> None:
    read_or_refuse(json.dumps(value).encode())


def read_or_refuse(payload: bytes) -> None:
    try:
        message = decode(payload).message
    except MalformedMessageError:
        return
    assert isinstance(message.message, str)
    assert message.timestamp.tzinfo is UTC
    encode(message)


@settings(deadline=None)
@given(
    TEXT,
    TEXT.filter(lambda text: 0 < len(text) <= MAX_ID_LENGTH),
    st.datetimes(EARLIEST, timezones=st.just(UTC)),
    st.booleans(),
    st.sampled_from([None, True, False]),
)
def test_what_is_written_is_read_again(
    text: str, message_id: str, moment: datetime, deleted: bool, ignore_legacy: bool | None
) -> None:
    whole_ms = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    message = ChatMessage(text, message_id, whole_ms, deleted)
    decoded = decode(encode(message, ignore_legacy=ignore_legacy))
    assert replace(decoded.message, timestamp=whole_ms) == message
    assert abs(decoded.message.timestamp - whole_ms) < timedelta(milliseconds=1)
    assert decoded.ignore_legacy is ignore_legacy


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=())))
def test_well_formed_text_can_be_encoded_and_keeps_the_rest(text: str) -> None:
    fixed = well_formed(text)
    assert fixed.encode().decode() == fixed
    assert well_formed(fixed) == fixed
    if not any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        assert fixed == text
