"""A program written for ``livekit.rtc.ChatManager``, at both ends of a real room."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from livekit import rtc

from chat import ChatManager, ChatMessage
from tests.tokens import MintToken
from tests.waiting import eventually
from worker.devstack.livekit_server import LiveKitServer

JOIN_LIMIT = 10.0
"""Seconds until two participants know of each other; three were seen."""


class Peer:
    """A participant whose program keeps the messages that it receives, by id."""

    def __init__(self) -> None:
        self.room = rtc.Room()
        self.chat = ChatManager(self.room)
        self.received: list[ChatMessage] = []
        self.shown: dict[str, str | None] = {}
        self.chat.on("message_received", self._show)

    def _show(self, message: ChatMessage) -> None:
        self.received.append(message)
        if message.deleted:
            self.shown.pop(message.id, None)
        else:
            self.shown[message.id] = message.message

    @property
    def texts(self) -> list[str | None]:
        return list(self.shown.values())


Join = Callable[[str], Awaitable[Peer]]


@pytest.fixture
async def join(
    livekit_server: LiveKitServer, token: MintToken, request: pytest.FixtureRequest
) -> AsyncIterator[Join]:
    peers: list[Peer] = []

    async def join(identity: str) -> Peer:
        peer = Peer()
        peers.append(peer)
        await peer.room.connect(livekit_server.url, token(identity, request.node.name))
        return peer

    yield join
    for peer in peers:
        await peer.chat.aclose()
        await peer.room.disconnect()


def is_active(peer: Peer, identity: str) -> bool:
    other = peer.room.remote_participants.get(identity)
    return other is not None and other.state == rtc.ParticipantState.PARTICIPANT_STATE_ACTIVE


async def test_two_peers_send_edit_and_delete(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    message = await ada.chat.send_message("hi")
    assert message.is_local
    await eventually(lambda: bob.texts == ["hi"], JOIN_LIMIT)
    await eventually(lambda: is_active(bob, "ada"), JOIN_LIMIT)
    received = bob.received[-1]
    assert (received.id, received.timestamp.date()) == (message.id, message.timestamp.date())
    assert not received.is_local

    message.message = "hi, bob"
    await ada.chat.update_message(message)
    await eventually(lambda: bob.texts == ["hi, bob"])
    assert bob.received[-1].participant is bob.room.remote_participants["ada"]

    answer = await bob.chat.send_message("hello, ada")
    await eventually(lambda: ada.texts == ["hello, ada"], JOIN_LIMIT)
    answer.deleted = True
    await bob.chat.update_message(answer)
    await eventually(lambda: ada.texts == [])
    assert ada.received[-1].deleted

    bob.chat.close()
    await ada.chat.send_message("are you there?")
    message.deleted = True
    await ada.chat.update_message(message)
    assert bob.texts == ["hi, bob"]


async def test_the_first_message_of_a_newcomer_has_its_participant(
    join: Join, livekit_server: LiveKitServer, token: MintToken
) -> None:
    bob = await join("bob")
    seen: list[tuple[str, bool]] = []

    def note(message: ChatMessage) -> None:
        assert isinstance(message.participant, rtc.RemoteParticipant)
        identity = message.participant.identity
        seen.append((identity, identity in bob.room.remote_participants))

    bob.chat.on("message_received", note)
    ada = rtc.Room()
    await ada.connect(livekit_server.url, token("ada", bob.room.name))
    try:
        await ada.local_participant.send_text("hi", topic="lk.chat")
        await eventually(lambda: bob.texts == ["hi"], JOIN_LIMIT)
        assert seen == [("ada", False)], "it was announced before it wrote: nothing is shown here"
        participant = bob.received[0].participant
        assert participant is not None
        await eventually(lambda: participant.sid == ada.local_participant.sid, JOIN_LIMIT)
        assert participant.kind == rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD
    finally:
        await ada.disconnect()


async def test_a_peer_that_speaks_only_json_is_understood_and_answered(
    join: Join, livekit_server: LiveKitServer, token: MintToken
) -> None:
    ada = await join("ada")
    packets: list[rtc.DataPacket] = []
    old = rtc.Room()
    old.on("data_received", packets.append)
    room_name = ada.room.name
    await old.connect(livekit_server.url, token("old", room_name))
    try:
        await old.local_participant.publish_data(
            '{"id": "Zq3abcDEF123", "message": "hi", "timestamp": 1790000000000}',
            topic="lk-chat-topic",
        )
        await eventually(lambda: ada.texts == ["hi"], JOIN_LIMIT)
        await eventually(lambda: is_active(ada, "old"), JOIN_LIMIT)
        message = await ada.chat.send_message("hello")
        message.message = "hello, old friend"
        await ada.chat.update_message(message)
        await eventually(lambda: len(packets) == 2, JOIN_LIMIT)
    finally:
        await old.disconnect()
    assert [packet.topic for packet in packets] == ["lk-chat-topic", "lk-chat-update-topic"]
    read = [ChatMessage.from_jsondict(fields_of(packet)) for packet in packets]
    assert [m.message for m in read] == ["hello", "hello, old friend"]
    assert {m.id for m in read} == {message.id}


def fields_of(packet: rtc.DataPacket) -> dict[str, object]:
    fields = json.loads(packet.data)
    assert isinstance(fields, dict)
    return fields
