"""Protobuf chat packets through the real SDK and a real livekit-server."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest
from livekit import rtc

from chat import ChatManager, ChatMessage, Dialect, protobuf
from chat.protobuf import ProtobufListener, ProtobufPacket, send_protobuf
from chat.sending.channels.failures import WRITE_FAILURES
from tests.tokens import Join
from tests.waiting import eventually

JOIN_LIMIT = 10.0
"""Seconds until two participants know of each other; three were seen."""


class Raw:
    """A program that knows protobuf packets only."""

    def __init__(self, room: rtc.Room) -> None:
        self.room = room
        self.heard: list[tuple[ProtobufPacket, str]] = []
        self.listener = ProtobufListener(room, lambda *heard: self.heard.append(heard))

    @property
    def texts(self) -> list[str | None]:
        return [packet.message.message for packet, _ in self.heard]


async def meet(*rooms: rtc.Room) -> None:
    """Wait until all know of all, and can be spoken to."""
    for room in rooms:
        await eventually(partial(_knows, room, len(rooms) - 1), JOIN_LIMIT)


def _knows(room: rtc.Room, others: int) -> bool:
    active = rtc.ParticipantState.PARTICIPANT_STATE_ACTIVE
    return [p.state for p in room.remote_participants.values()] == [active] * others


async def test_a_packet_and_its_edits_reach_only_whom_they_are_addressed_to(join: Join) -> None:
    ada, bob, eve = Raw(await join("ada")), Raw(await join("bob")), Raw(await join("eve"))
    await meet(ada.room, bob.room, eve.room)
    message = ChatMessage("héllo 👋")
    await send_protobuf(ada.room.local_participant, message, ["bob"])
    message.message = "edited"
    await send_protobuf(ada.room.local_participant, message, ["bob"])
    message.message, message.deleted = "", True
    await send_protobuf(ada.room.local_participant, message, ["bob"])
    await eventually(lambda: len(bob.heard) == 3)
    assert bob.texts == ["héllo 👋", "edited", ""]
    assert {packet.message.id for packet, _ in bob.heard} == {message.id}
    assert {packet.message.timestamp for packet, _ in bob.heard} == {message.timestamp}
    assert [packet.message.deleted for packet, _ in bob.heard] == [False, False, True]
    assert [sender for _, sender in bob.heard] == ["ada"] * 3
    await send_protobuf(ada.room.local_participant, ChatMessage("and eve"), ["eve"])
    await eventually(lambda: eve.texts == ["and eve"])
    for raw in (ada, bob, eve):
        raw.listener.close()


async def test_a_manager_answers_in_protobuf_who_writes_in_protobuf(join: Join) -> None:
    room = await join("manager")
    chat = ChatManager(room)
    received: list[ChatMessage] = []
    chat.on("message_received", received.append)
    raw = Raw(await join("raw"))
    await meet(room, raw.room)
    await send_protobuf(raw.room.local_participant, ChatMessage("hi", "m1"), ["manager"])
    await eventually(lambda: received)
    assert (received[0].message, received[0].id) == ("hi", "m1")
    assert received[0].participant is room.remote_participants["raw"]
    answer = await chat.send_message("hel", complete=False)
    await eventually(lambda: raw.texts == ["hel"])
    answer.message = "hello"
    await chat.update_message(answer)
    await eventually(lambda: raw.texts == ["hel", "hello"])
    assert {packet.message.id for packet, _ in raw.heard} == {answer.id}
    raw.listener.close()
    await chat.aclose()


async def test_a_packet_to_a_room_that_is_left_fails(join: Join) -> None:
    room = await join("ada")
    participant = room.local_participant
    await room.disconnect()
    with pytest.raises(WRITE_FAILURES):
        async with asyncio.timeout(5):
            await send_protobuf(participant, ChatMessage("hi"), ["bob"])


def test_the_sdk_that_is_installed_supports_them() -> None:
    assert protobuf.SUPPORTED
    assert Dialect("protobuf") is Dialect.PROTO
