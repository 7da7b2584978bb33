"""Packets of many rooms in one process: each reaches its room's listener, and hurts no other."""

from __future__ import annotations

import contextvars
import logging
from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

import pytest
from livekit import rtc
from livekit.rtc._ffi_client import FfiClient
from livekit.rtc._proto.ffi_pb2 import FfiEvent

from chat.protobuf import ProtobufListener, ProtobufPacket
from tests.waiting import eventually

ROOM: contextvars.ContextVar[str] = contextvars.ContextVar("room")


def listen(
    name: str, handle: int, on_packet: Callable[[ProtobufPacket, str], None]
) -> ProtobufListener:
    """Listen as a job does: in a context of its own."""
    room = cast(rtc.Room, SimpleNamespace(_ffi_handle=SimpleNamespace(handle=handle)))
    context = contextvars.copy_context()
    context.run(ROOM.set, name)
    return context.run(ProtobufListener, room, on_packet)


def receive(handle: int, text: str) -> None:
    """Let the native side report a packet."""
    event = FfiEvent()
    event.room_event.room_handle = handle
    event.room_event.chat_message.participant_identity = "ada"
    event.room_event.chat_message.message.message = text
    FfiClient.instance.queue.put(event)


async def test_each_packet_is_taken_in_the_context_of_its_own_room() -> None:
    received: list[tuple[str, str | None]] = []

    def note(packet: ProtobufPacket, _: str) -> None:
        received.append((ROOM.get("nobody's"), packet.message.message))

    listeners = [listen("first", 1, note), listen("second", 2, note)]
    receive(2, "b")
    receive(1, "a")
    await eventually(lambda: len(received) == 2)
    assert received == [("second", "b"), ("first", "a")]
    for listener in listeners:
        listener.close()


async def test_a_room_that_fails_is_logged_with_its_context_and_the_others_go_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    received: list[str | None] = []
    blamed: list[str] = []

    def fail(*_: object) -> None:
        raise ValueError("on purpose")

    def note_room(_: logging.LogRecord) -> bool:
        blamed.append(ROOM.get("nobody's"))
        return True

    listeners = [
        listen("bad", 1, fail),
        listen("good", 2, lambda packet, _: received.append(packet.message.message)),
    ]
    caplog.handler.addFilter(note_room)
    receive(1, "bad")
    receive(2, "good")
    await eventually(lambda: received)
    caplog.handler.removeFilter(note_room)
    assert [record.message for record in caplog.records] == ["protobuf chat packet failed"]
    assert (received, blamed) == (["good"], ["bad"])
    for listener in listeners:
        listener.close()
