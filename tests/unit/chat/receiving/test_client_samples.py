"""What each client sends arrives once, and tells its dialect."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Coroutine, Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from chat import ChatManager, ChatMessage
from chat.protobuf import ProtobufPacket
from tests.doubles import FakeRoom, receive_protobuf
from tests.samples import Sample, load
from tests.virtual_time import run_in_virtual_time

CLIENTS = load("clients")
each_client = pytest.mark.parametrize("sample", CLIENTS.values(), ids=CLIENTS.keys())


class Listening:
    """A manager that hears ada's client."""

    def __init__(self) -> None:
        self.room = FakeRoom()
        self.chat = ChatManager(self.room)
        self.events: list[tuple[str, ChatMessage]] = []
        for event in ("message_added", "message_updated", "message_deleted", "message_received"):
            self.chat.on(event, lambda message, event=event: self.events.append((event, message)))

    async def hear(self, packets: Iterable[dict[str, Any]], *, named: bool = True) -> None:
        for packet in packets:
            await self._hear_one(packet, "ada" if named else None)
        await asyncio.sleep(0.01)

    async def _hear_one(self, packet: dict[str, Any], packet_sender: str | None) -> None:
        match packet["kind"]:
            case "json":
                self.room.receive(packet["payload"], packet_sender, packet["topic"])
            case "data":
                self.room.receive(packet["text"].encode(), packet_sender, packet["topic"])
            case "protobuf":
                message = ChatMessage(
                    packet["message"],
                    packet["id"],
                    datetime.fromtimestamp(packet["timestamp"] / 1000, UTC),
                )
                edit = "edit_timestamp" in packet
                receive_protobuf(self.room, ProtobufPacket(message, edit), "ada")
            case "stream":
                await self._hear_stream(packet)

    async def _hear_stream(self, packet: dict[str, Any]) -> None:
        files = packet.get("attachments", [])
        reader = self.room.open_stream(
            "ada", packet["id"], packet["attributes"], [file["id"] for file in files]
        )
        for chunk in packet["chunks"]:
            reader.write(chunk)
            await asyncio.sleep(0)
        reader.end()
        for file in files:
            # It takes a while until a file is sent, and what follows comes after it.
            await asyncio.sleep(1)
            bytes_reader = self.room.open_file("ada", file["id"], file["name"], file["mime_type"])
            bytes_reader.write(base64.b64decode(file["base64"]))
            bytes_reader.end()

    def told(self, event: str) -> list[ChatMessage]:
        return [message for name, message in self.events if name == event]

    @property
    def dialect(self) -> str:
        return self.chat._roster.dialect("ada").value


def play(scenario: Callable[[Listening], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        listening = Listening()
        await scenario(listening)
        await listening.chat.aclose()

    run_in_virtual_time(main())


def assert_received(listening: Listening, sample: Sample, *, minted: bool = False) -> None:
    received = listening.told("message_received")
    assert [m.message for m in received] == [sample["text"]] * sample["received"]
    assert len(listening.told("message_added")) == sample["received"]
    for message in received:
        assert message.complete
        assert not message.edited
        assert (message.id == sample["id"]) == (sample["id"] is not None)
        assert [a.name for a in message.attachments] == sample.get("attachments", [])


@each_client
def test_a_message_is_received_once(sample: Sample) -> None:
    async def scenario(listening: Listening) -> None:
        listening.room.join("ada")
        await listening.hear(sample["message"])
        assert_received(listening, sample)
        assert all(m.participant_identity == "ada" for _, m in listening.events)

    play(scenario)


@each_client
def test_its_packets_in_the_other_order_are_one_message_too(sample: Sample) -> None:
    async def scenario(listening: Listening) -> None:
        listening.room.join("ada")
        await listening.hear(reversed(sample["message"]))
        assert_received(listening, sample)

    play(scenario)


@each_client
def test_the_dialect_is_told(sample: Sample) -> None:
    async def scenario(listening: Listening) -> None:
        listening.room.join("ada")
        await listening.hear(sample["message"])
        await asyncio.sleep(0.5)
        assert listening.dialect == sample["dialect"]
        listening.room.leave("ada")
        listening.room.join("ada")
        assert listening.dialect == sample["dialect"]

    play(scenario)


@each_client
def test_a_message_before_its_sender_is_announced_is_received_once(sample: Sample) -> None:
    async def scenario(listening: Listening) -> None:
        # The SDK drops the protobuf packets of those who are not announced.
        packets = [packet for packet in sample["message"] if packet["kind"] != "protobuf"]
        if not packets:
            return
        await listening.hear(packets, named=False)
        assert_received(listening, sample)
        await asyncio.sleep(3)
        listening.room.join("ada")
        await asyncio.sleep(0.5)
        assert listening.dialect == sample["dialect"]

    play(scenario)


@pytest.mark.parametrize("what", ["edit", "delete"])
@each_client
def test_its_edits_and_deletions_are_recognised(sample: Sample, what: str) -> None:
    if what not in sample:
        return

    async def scenario(listening: Listening) -> None:
        listening.room.join("ada")
        await listening.hear(sample["message"])
        listening.events.clear()
        await listening.hear(sample[what])
        received = listening.told("message_received")
        assert [m.id for m in received] == [sample["id"]]
        assert not listening.told("message_added")
        if what == "edit":
            assert (received[0].message, received[0].edited) == ("edited", True)
            assert not listening.told("message_deleted")
        else:
            assert received[0].deleted
            assert len(listening.told("message_deleted")) == 1

    play(scenario)


@each_client
def test_nobody_else_can_do_the_same_to_it(sample: Sample) -> None:
    if "edit" not in sample:
        return

    async def scenario(listening: Listening) -> None:
        listening.room.join("ada")
        listening.room.join("eve")
        await listening.hear(sample["message"])
        listening.events.clear()
        listening.room.receive(
            {"id": sample["id"], "message": "eve's"}, "eve", "lk-chat-update-topic"
        )
        assert listening.events == []
        assert listening.chat.refused == 1

    play(scenario)
