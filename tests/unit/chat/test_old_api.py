"""A program written for ``livekit.rtc.ChatManager`` runs after changing its import."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from livekit import rtc

from chat import ChatManager, ChatMessage
from tests.doubles import FakeRoom, Packet
from tests.waiting import eventually

MOMENT = datetime(2026, 9, 21, 14, 13, 20, 123_000, tzinfo=UTC)


class OldPeer:
    """What the program did with a room: it kept a list of messages, and replaced them by id."""

    def __init__(self, room: FakeRoom) -> None:
        self.messages: dict[str, ChatMessage] = {}
        self.chat = ChatManager(room)
        self.chat.on("message_received", self.on_message)

    def on_message(self, message: ChatMessage) -> None:
        if message.deleted:
            self.messages.pop(message.id, None)
        elif message.id in self.messages:
            self.messages[message.id].update_from_jsondict(message.asjsondict())
        else:
            self.messages[message.id] = message

    @property
    def texts(self) -> list[str | None]:
        return [message.message for message in self.messages.values()]


@pytest.fixture
async def room() -> FakeRoom:
    return FakeRoom()


def test_takes_its_arguments_in_the_old_order() -> None:
    message = ChatMessage("hi", "1", MOMENT, True, None, True)
    assert message.message == "hi"
    assert message.id == "1"
    assert message.timestamp is MOMENT
    assert message.deleted
    assert message.participant is None
    assert message.is_local


@pytest.mark.parametrize("deleted", [False, True])
def test_goes_to_a_dict_and_back(deleted: bool) -> None:
    message = ChatMessage("hi", "1", MOMENT, deleted)
    fields = message.asjsondict()
    assert fields == {
        "id": "1",
        "message": "hi",
        "timestamp": 1_790_000_000_123,
        **({"deleted": True} if deleted else {}),
    }
    assert ChatMessage.from_jsondict(json.loads(json.dumps(fields))) == message
    other = ChatMessage("ho", "1", MOMENT)
    other.update_from_jsondict(fields)
    assert other == message


async def test_receives_new_messages_edits_and_deletions(room: FakeRoom) -> None:
    peer = OldPeer(room)
    ada = room.join("ada")
    sent = ChatMessage("hi", "1", MOMENT)
    room.receive(sent.asjsondict(), "ada", "lk-chat-topic")
    assert peer.texts == ["hi"]
    assert peer.messages["1"].participant is ada
    assert peer.messages["1"].timestamp == MOMENT
    assert not peer.messages["1"].is_local
    sent.message = "hi there"
    room.receive(sent.asjsondict(), "ada", "lk-chat-update-topic")
    assert peer.texts == ["hi there"]
    sent.deleted = True
    room.receive(sent.asjsondict(), "ada", "lk-chat-update-topic")
    assert peer.texts == []


async def test_the_first_message_of_a_newcomer_has_a_participant(room: FakeRoom) -> None:
    greeted: list[str] = []

    def greet(message: ChatMessage) -> None:
        assert isinstance(message.participant, rtc.RemoteParticipant)
        greeted.append(f"hello, {message.participant.name or message.participant.identity}")

    ChatManager(room).on("message_received", greet)
    reader = room.open_stream("ada", "1")
    reader.write("hi")
    reader.end()
    await eventually(lambda: greeted)
    assert greeted == ["hello, ada"]


async def test_receives_a_streamed_message_when_it_is_whole(room: FakeRoom) -> None:
    peer = OldPeer(room)
    room.join("ada")
    reader = room.open_stream("ada", "1")
    for word in ("one ", "two ", "three"):
        reader.write(word)
    reader.end()
    await eventually(lambda: peer.texts)
    assert peer.texts == ["one two three"]


async def test_sends_what_old_peers_read(room: FakeRoom) -> None:
    peer = OldPeer(room)
    room.join("bob")
    room.receive(ChatMessage("hi").asjsondict(), "bob", "lk-chat-topic")
    message = await peer.chat.send_message("hello")
    message.message = "hello, bob"
    await peer.chat.update_message(message)
    message.deleted = True
    await peer.chat.update_message(message)
    packets = [frame for frame in room.me.sent if isinstance(frame, Packet)]
    assert [packet.topic for packet in packets] == [
        "lk-chat-topic",
        "lk-chat-update-topic",
        "lk-chat-update-topic",
    ]
    assert {packet.json["id"] for packet in packets} == {message.id}
    assert {packet.json["timestamp"] for packet in packets} == {message.asjsondict()["timestamp"]}
    assert [packet.json["message"] for packet in packets[:2]] == ["hello", "hello, bob"]
    assert [packet.json.get("deleted") for packet in packets] == [None, None, True]
    assert message.is_local
    assert message.participant is room.me


async def test_close_ends_it(room: FakeRoom) -> None:
    peer = OldPeer(room)
    room.join("ada")
    peer.chat.close()
    room.receive(ChatMessage("hi").asjsondict(), "ada", "lk-chat-topic")
    assert peer.texts == []
    assert room.listeners == []
