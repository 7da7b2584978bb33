"""What arrives in a room, within bounds."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from livekit import rtc

from chat import ChatManager, RejectedMessage
from chat.manager import EventTypes
from chat.receiving.inbox import (
    CHUNKS_AT_ONCE,
    MAX_OPEN_STREAMS,
    MAX_SURPLUS_STREAMS,
    SUCCESSOR_LIMIT,
)
from tests.doubles import FakeRoom
from tests.virtual_time import run_in_virtual_time
from tests.waiting import eventually

EVENTS: tuple[EventTypes, ...] = (
    "message_added",
    "message_updated",
    "message_deleted",
    "message_received",
)
AGENT = rtc.ParticipantKind.PARTICIPANT_KIND_AGENT


class Listening:
    """A manager in a room with ada, and what it has told."""

    def __init__(self, max_message_bytes: int | None = 32) -> None:
        self.room = FakeRoom()
        self.ada = self.room.join("ada")
        self.chat = ChatManager(self.room, max_message_bytes=max_message_bytes)
        self.told: list[tuple[str, Any]] = []
        self.rejected: list[RejectedMessage] = []
        for event in EVENTS:
            self.chat.on(event, lambda message, event=event: self.told.append((event, message)))
        self.chat.on("message_rejected", self.rejected.append)

    def texts(self, event: str = "message_received") -> list[str]:
        return [message.message for name, message in self.told if name == event]


@pytest.fixture
async def listening() -> Listening:
    return Listening()


@pytest.mark.parametrize("topic", ["lk-chat-topic", "lk-chat-update-topic"])
async def test_a_packet_arrives_from_its_sender(listening: Listening, topic: str) -> None:
    listening.room.receive({"id": "1", "message": "hi", "from": "eve"}, "ada", topic)
    message = listening.told[-1][1]
    assert message.message == "hi"
    assert message.participant is listening.ada
    assert message.participant_identity == "ada"
    assert not message.is_local
    assert message.complete


async def test_a_stream_arrives_from_its_sender(listening: Listening) -> None:
    reader = listening.room.open_stream("ada", "1")
    reader.write("h")
    reader.write("i")
    reader.end()
    await eventually(lambda: listening.texts())
    message = listening.told[-1][1]
    assert (message.message, message.id) == ("hi", "1")
    assert message.participant is listening.ada
    assert reader.closed


async def test_a_sender_that_is_not_announced_is_known_by_its_identity(
    listening: Listening,
) -> None:
    reader = listening.room.open_stream("bob", "1")
    reader.write("hi")
    reader.end()
    await eventually(lambda: listening.texts())
    message = listening.told[-1][1]
    assert message.participant.identity == message.participant_identity == "bob"


async def test_a_packet_of_a_sender_that_is_not_announced_arrives(listening: Listening) -> None:
    listening.room.receive({"id": "1", "message": "hi"}, "bob", "lk-chat-topic")
    assert listening.texts() == ["hi"]
    message = listening.told[-1][1]
    assert message.participant is None
    assert message.participant_identity is None


async def test_a_streams_twin_is_dropped(listening: Listening) -> None:
    listening.room.receive(
        {"id": "1", "message": "hi", "ignoreLegacy": True}, "ada", "lk-chat-topic"
    )
    assert listening.told == []


async def test_a_twin_that_does_not_say_so_is_dropped_before_the_stream_is_read(
    listening: Listening,
) -> None:
    reader = listening.room.open_stream("ada", "1")
    listening.room.receive(
        {"id": "1", "message": "hi there", "ignoreLegacy": False}, "ada", "lk-chat-topic"
    )
    reader.write("hi ")
    reader.write("there")
    reader.end()
    await eventually(lambda: reader.closed)
    assert listening.texts("message_added") == ["hi "]
    assert listening.texts() == ["hi there"]


async def test_a_protobuf_packets_twin_arrives(listening: Listening) -> None:
    listening.room.receive({"id": "1", "message": "hi", "ignore": True}, "ada", "lk-chat-topic")
    assert listening.texts() == ["hi"]


async def test_another_agents_message_arrives(listening: Listening) -> None:
    listening.room.join("other agent", AGENT)
    listening.room.receive({"id": "1", "message": "hi"}, "other agent", "lk-chat-topic")
    assert listening.texts() == ["hi"]


async def test_other_topics_are_left_alone(
    listening: Listening, caplog: pytest.LogCaptureFixture
) -> None:
    listening.room.receive({"id": "1", "message": "hi"}, "ada", "another-topic")
    listening.room.receive(b"\xff", "ada", "")
    assert listening.told == []
    assert caplog.records == []


async def test_an_unreadable_packet_costs_one_warning_without_its_content(
    listening: Listening, caplog: pytest.LogCaptureFixture
) -> None:
    listening.room.receive(b'{"message": "a secret', "ada", "lk-chat-topic")
    assert listening.told == []
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "secret" not in str(vars(caplog.records[0]))
    listening.room.receive({"message": "hi"}, "ada", "lk-chat-topic")
    assert listening.texts() == ["hi"]


@pytest.mark.parametrize(("text", "taken"), [("é" * 16, True), ("é" * 16 + "!", False)])
async def test_the_cap_counts_bytes(listening: Listening, text: str, taken: bool) -> None:
    listening.room.receive({"id": "1", "message": text}, "ada", "lk-chat-topic")
    reader = listening.room.open_stream("ada", "2")
    reader.write(text)
    reader.end()
    await eventually(lambda: reader.closed)
    assert listening.texts() == ([text, text] if taken else [])
    too_long = RejectedMessage("ada", "too long")
    assert listening.rejected == ([] if taken else [too_long, too_long])


async def test_without_a_limit_of_its_own_a_manager_takes_32_kib() -> None:
    listening = Listening(max_message_bytes=None)
    for text in ("x" * 32 * 1024, "y" * (32 * 1024 + 1)):
        listening.room.receive({"message": text}, "ada", "lk-chat-topic")
    assert [text[:1] for text in listening.texts()] == ["x"]
    assert listening.rejected == [RejectedMessage("ada", "too long")]


async def test_reading_an_endless_stream_stops_at_the_cap(listening: Listening) -> None:
    reader = listening.room.open_stream("ada", "1")
    for _ in range(100):
        reader.write("x" * 10)
    await eventually(lambda: reader.closed)
    assert listening.texts("message_added") == ["x" * 10]
    assert listening.texts("message_updated") == ["x" * 20, "x" * 30, "x" * 30]
    assert listening.told[-1][1].complete
    assert listening.texts() == []
    assert listening.rejected == [RejectedMessage("ada", "too long")]


async def test_a_stream_that_ends_with_an_error_is_rejected(listening: Listening) -> None:
    reader = listening.room.open_stream("ada", "1")
    reader.end(rtc.StreamError("aborted"))
    await eventually(lambda: reader.closed)
    assert listening.rejected == [RejectedMessage("ada", "incomplete")]
    assert listening.told == []


def half_message(listening: Listening, stream_id: str = "m1") -> None:
    """Let an agent write half a message, and vanish."""
    listening.room.join("other", kind=AGENT)
    reader = listening.room.open_stream("other", stream_id)
    reader.write("Hel")
    reader.end(rtc.StreamError("its sender has left"))
    listening.room.leave("other")


async def test_a_message_of_an_agent_that_vanished_is_completed_by_its_successor(
    listening: Listening,
) -> None:
    half_message(listening)
    await eventually(lambda: listening.told)
    listening.room.join("other", kind=AGENT)
    attributes = {"chat.revision": "true", "chat.continues": "true"}
    listening.room.open_stream("other", "m1", attributes).end()
    reader = listening.room.open_stream("other", "m1", {"chat.revision": "true"})
    reader.write("Hell")
    reader.write("o")
    reader.end()
    await eventually(lambda: listening.texts())
    states = [(event, m.message, m.complete, m.edited) for event, m in listening.told]
    assert states == [
        ("message_added", "Hel", False, False),
        ("message_updated", "Hell", False, False),
        ("message_updated", "Hello", False, False),
        ("message_updated", "Hello", True, False),
        ("message_received", "Hello", True, False),
    ]
    assert {(m.participant_identity, m.id) for _, m in listening.told} == {("other", "m1")}
    assert listening.rejected == []


def test_a_message_that_nobody_goes_on_in_ends_as_it_is() -> None:
    async def scenario() -> None:
        listening = Listening()
        half_message(listening)
        await asyncio.sleep(SUCCESSOR_LIMIT - 1)
        assert [(event, m.complete) for event, m in listening.told] == [("message_added", False)]
        assert listening.rejected == []
        await asyncio.sleep(2)
        event, message = listening.told[-1]
        assert (event, message.message, message.complete) == ("message_updated", "Hel", True)
        assert listening.texts() == []
        assert listening.rejected == [RejectedMessage("other", "incomplete")]
        listening.chat.close()

    run_in_virtual_time(scenario())


async def test_a_successor_may_vanish_too(listening: Listening) -> None:
    half_message(listening)
    await eventually(lambda: listening.told)
    half_message(listening)
    await eventually(lambda: len(listening.told) > 1)
    listening.room.join("other", kind=AGENT)
    reader = listening.room.open_stream("other", "m1", {"chat.revision": "true"})
    reader.write("Hello")
    reader.end()
    await eventually(lambda: listening.texts())
    assert [event for event, _ in listening.told].count("message_added") == 1
    assert listening.texts() == ["Hello"]
    assert listening.rejected == []


async def test_an_agent_may_write_at_length(listening: Listening) -> None:
    listening.room.join("other", kind=AGENT)
    reader = listening.room.open_stream("other", "1")
    reader.write("x" * 1000)
    reader.end()
    await eventually(lambda: listening.texts() == ["x" * 1000])


async def test_other_rooms_have_their_turn_while_many_chunks_are_read() -> None:
    listening = Listening(max_message_bytes=None)
    reader = listening.room.open_stream("ada", "1")
    for _ in range(2_000):
        reader.write("a ")
    reader.end()
    told = [0]
    while not listening.texts():
        await asyncio.sleep(0)
        told.append(len(listening.told))
    assert max(after - before for before, after in pairwise(told)) <= CHUNKS_AT_ONCE + 1


async def test_messages_of_one_sender_arrive_in_the_order_in_which_they_began(
    listening: Listening,
) -> None:
    first, second = (listening.room.open_stream("ada", i) for i in ("1", "2"))
    second.write("two")
    second.end()
    await eventually(lambda: "two" in listening.texts("message_added"))
    first.write("one")
    first.end()
    await eventually(lambda: len(listening.texts()) == 2)
    assert listening.texts() == ["one", "two"]


async def test_a_message_does_not_wait_long_for_one_that_grows(
    listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.receiving.inbox.ORDER_LIMIT", 0.01)
    listening.room.open_stream("ada", "1").write("growing")
    second = listening.room.open_stream("ada", "2")
    second.write("two")
    second.end()
    await eventually(lambda: listening.texts() == ["two"])


async def test_one_sender_can_hold_only_so_many_streams_open(
    listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.receiving.inbox.SURPLUS_LIMIT", 0.01)
    readers = [listening.room.open_stream("ada", str(n)) for n in range(MAX_OPEN_STREAMS + 1)]
    other = listening.room.open_stream("bob", "other")
    await eventually(lambda: listening.rejected)
    assert [reader.closed for reader in readers] == [False] * MAX_OPEN_STREAMS + [True]
    assert listening.rejected == [RejectedMessage("ada", "too many streams")]
    for reader in [*readers[:MAX_OPEN_STREAMS], other]:
        reader.end()
    await eventually(lambda: all(reader.closed for reader in readers) and other.closed)
    again = listening.room.open_stream("ada", "again")
    again.write("hi")
    await eventually(lambda: listening.texts("message_added") == ["hi"])


async def test_short_messages_in_quick_succession_are_all_received_in_order(
    listening: Listening,
) -> None:
    texts = [f"message {number}" for number in range(4 * MAX_OPEN_STREAMS)]
    # The event loop was busy: it sees all of their beginnings before it reads any.
    for text in texts:
        reader = listening.room.open_stream("ada", text)
        reader.write(text)
        reader.end()
    await eventually(lambda: len(listening.texts()) == len(texts))
    assert listening.texts() == texts
    assert listening.rejected == []


async def test_no_more_than_a_flood_of_streams_is_waited_for(listening: Listening) -> None:
    most = MAX_OPEN_STREAMS + MAX_SURPLUS_STREAMS
    readers = [listening.room.open_stream("ada", str(number)) for number in range(most + 1)]
    assert [reader.closed for reader in readers] == [False] * most + [True]
    assert listening.rejected == [RejectedMessage("ada", "too many streams")]
    for reader in readers[:most]:
        reader.end()
    await eventually(lambda: all(reader.closed for reader in readers))


async def test_refused_edits_are_counted(listening: Listening) -> None:
    listening.room.join("eve")
    listening.room.receive({"id": "1", "message": "hi"}, "ada", "lk-chat-topic")
    listening.room.receive({"id": "1", "message": "ho"}, "eve", "lk-chat-update-topic")
    assert listening.chat.refused == 1
    assert listening.texts() == ["hi"]


SCRIPTS = [
    "漢字かな交じり",
    "שלום עולם",
    "👩‍👩‍👧‍👦🇯🇵",
    "**bold**\n- `list`",
    "a\0b\x1b[31m\x7f",
    "e\u0301",
]


@pytest.mark.parametrize("text", SCRIPTS)
async def test_any_script_arrives_intact_by_both_ways(text: str) -> None:
    listening = Listening(max_message_bytes=1000)
    listening.room.receive({"id": "1", "message": text}, "ada", "lk-chat-topic")
    reader = listening.room.open_stream("ada", "2")
    for character in text:
        reader.write(character)
    reader.end()
    await eventually(lambda: reader.closed)
    assert listening.texts() == [text, text]
