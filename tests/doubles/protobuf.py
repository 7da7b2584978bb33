"""Protobuf packets without the SDK's native side, for `FakeRoom`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

from livekit import rtc
from livekit.rtc.participant import PublishDataError

from chat import ChatMessage
from chat.protobuf import ProtobufPacket

from .frames import Protobuf
from .room import FakeLocalParticipant, FakeRoom


class FakeListener:
    """Hears what a `FakeRoom` receives."""

    def __init__(self, room: rtc.Room, on_packet: Callable[[ProtobufPacket, str], None]) -> None:
        self._room = room
        self._on_packet = on_packet
        room.on("protobuf", self._hear)  # type: ignore[arg-type]  # an event of `FakeRoom` only

    def close(self) -> None:
        self._room.off("protobuf", self._hear)  # type: ignore[arg-type]  # as above

    def _hear(self, packet: ProtobufPacket, identity: str) -> None:
        self._on_packet(packet, identity)


async def _send(
    participant: rtc.LocalParticipant, message: ChatMessage, addressees: Iterable[str]
) -> None:
    assert isinstance(participant, FakeLocalParticipant)
    frame = Protobuf(message.id, message.message or "", tuple(addressees), message.deleted)
    await participant.transmit(frame, PublishDataError)


def receive_protobuf(room: FakeRoom, packet: ProtobufPacket, sender: str) -> None:
    """Let a packet arrive; those of unannounced senders are dropped, as the SDK does."""
    if sender in room.remote_participants:
        room.emit("protobuf", packet, sender)  # type: ignore[arg-type]  # as above


@contextmanager
def faked_protobuf() -> Iterator[None]:
    """Let protobuf packets go to and come from where a `FakeRoom` has everything else."""
    with (
        patch("chat.protobuf.send_protobuf", _send),
        patch("chat.protobuf.ProtobufListener", FakeListener),
    ):
        yield
