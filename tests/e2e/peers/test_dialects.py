"""One reply in a real room, read by a participant of each dialect as its client would."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from livekit import rtc

from chat import ChatManager, Dialect
from chat.wire import BLANK
from tests.tokens import MintToken
from tests.waiting import eventually
from worker.devstack.livekit_server import LiveKitServer

JOIN_LIMIT = 10.0
"""Seconds until two participants know of each other; three were seen."""


class Reader:
    """A participant that notes what reaches it: packets, and the text streams of the assistant."""

    def __init__(self) -> None:
        self.room = rtc.Room()
        self.streams: list[tuple[str, list[str], dict[str, str]]] = []
        """Topic, chunks and last attributes of each text stream."""
        self.opened: list[str] = []
        """The topic of each, as soon as it is open."""
        self.packets: list[tuple[str | None, dict[str, Any]]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.room.on("data_received", self._note)
        for topic in ("lk.chat", "lk.transcription"):
            self.room.register_text_stream_handler(topic, self._on_stream)

    def _note(self, packet: rtc.DataPacket) -> None:
        self.packets.append((packet.topic, json.loads(packet.data)))

    def _on_stream(self, reader: rtc.TextStreamReader, sender: str) -> None:
        if sender != "assistant":
            reader.close()
            return
        self.opened.append(reader.info.topic)
        task = asyncio.get_running_loop().create_task(self._read(reader))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read(self, reader: rtc.TextStreamReader) -> None:
        chunks = [chunk async for chunk in reader]
        self.streams.append((reader.info.topic, chunks, dict(reader.info.attributes or {})))

    def texts(self, topic: str) -> list[str]:
        """The whole text of each stream on a topic that was closed."""
        return ["".join(chunks) for where, chunks, _ in self.streams if where == topic]

    async def stream(self, stream_id: str) -> None:
        writer = await self.room.local_participant.stream_text(topic="lk.chat", stream_id=stream_id)
        await writer.write("hi")
        await writer.aclose()

    async def packet(self, **fields: object) -> None:
        await self.room.local_participant.publish_data(
            json.dumps({"message": "hi", "timestamp": 1_790_000_000_000, **fields}),
            topic="lk-chat-topic",
        )


Join = Callable[[str], Awaitable[Reader]]


@pytest.fixture
async def manager(
    livekit_server: LiveKitServer, token: MintToken, request: pytest.FixtureRequest
) -> AsyncIterator[ChatManager]:
    room = rtc.Room()
    chat = ChatManager(room)
    await room.connect(livekit_server.url, token("assistant", request.node.name, kind="agent"))
    yield chat
    await chat.aclose()
    await room.disconnect()


@pytest.fixture
async def join(
    livekit_server: LiveKitServer, token: MintToken, request: pytest.FixtureRequest
) -> AsyncIterator[Join]:
    readers: list[Reader] = []

    async def join(identity: str) -> Reader:
        reader = Reader()
        readers.append(reader)
        await reader.room.connect(livekit_server.url, token(identity, request.node.name))
        return reader

    yield join
    for reader in readers:
        await reader.room.disconnect()


async def test_each_gets_one_reply_in_its_own_dialect(manager: ChatManager, join: Join) -> None:
    web, swift, flutter, old, oldest = [
        await join(name) for name in ("web", "swift", "flutter", "old", "oldest")
    ]
    roster = manager._roster
    await eventually(
        lambda: all(map(roster.announced, ("web", "swift", "flutter", "old", "oldest"))), JOIN_LIMIT
    )
    await web.stream("web-1")
    await web.packet(id="web-1", ignoreLegacy=True)
    await swift.stream("6F9619FF-8B86-D011-B42D-00C04FC964FF")
    await flutter.stream("3f2504e0-4f89-41d3-9a0c-0305e82c3301")
    await old.packet(id="Zq3abcDEF123")
    await oldest.packet()
    expected = {
        "web": Dialect.STREAM,
        "swift": Dialect.SEGMENT,
        "flutter": Dialect.SEGMENT,
        "old": Dialect.JSON_EDIT,
        "oldest": Dialect.JSON_FINAL,
    }
    await eventually(lambda: {i: roster.dialect(i) for i in expected} == expected, JOIN_LIMIT)
    await eventually(lambda: set(roster.reachable()) == set(expected), JOIN_LIMIT)
    for reader in (web, swift, flutter, old, oldest):
        reader.packets.clear()
        reader.streams.clear()

    reply = await manager.send_message("Hel", complete=False)
    reply.message = "Hello"
    await manager.update_message(reply)
    await eventually(lambda: all((web.streams, swift.streams, flutter.streams, oldest.packets)))
    await eventually(lambda: old.packets[-1:] and old.packets[-1][1]["message"] == "Hello")

    assert web.streams == [("lk.chat", ["Hel", "lo"], {})]
    final = {"lk.segment_id": reply.id, "lk.transcription_final": "true"}
    assert swift.streams == flutter.streams == [("lk.transcription", ["Hel", "lo"], final)]
    assert [(topic, p["id"]) for topic, p in oldest.packets] == [("lk-chat-topic", reply.id)]
    assert old.packets[0][0] == "lk-chat-topic"
    assert {p["id"] for _, p in old.packets} == {reply.id}
    for reader in (web, swift, flutter):
        assert reader.packets == []
    for reader in (old, oldest):
        assert reader.streams == []


async def test_a_page_whose_twin_comes_late_gets_the_running_reply_then(
    manager: ChatManager, join: Join
) -> None:
    page, flutter = await join("page"), await join("flutter")
    roster = manager._roster
    await eventually(lambda: set(roster.reachable()) == {"page", "flutter"}, JOIN_LIMIT)
    await page.stream("9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d")
    await flutter.stream("3f2504e0-4f89-41d3-9a0c-0305e82c3301")
    await eventually(
        lambda: {roster.dialect(i) for i in ("page", "flutter")} == {Dialect.SEGMENT}, JOIN_LIMIT
    )
    reply = await manager.send_message("Hel", complete=False)
    await eventually(lambda: page.opened and flutter.opened)
    assert page.opened == flutter.opened == ["lk.transcription"]

    await page.packet(id="9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d", ignoreLegacy=True)
    await eventually(lambda: "lk.chat" in page.opened)
    reply.message = "Hello"
    await manager.update_message(reply)
    await eventually(lambda: page.texts("lk.chat"))
    await eventually(lambda: page.texts("lk.transcription")[-1:] == [BLANK])
    await eventually(lambda: flutter.texts("lk.transcription")[-1:] == ["Hello"])
    assert page.texts("lk.chat") == ["Hello"]
    assert "lk.chat" not in flutter.opened

    another = await manager.send_message("Bye")
    await eventually(lambda: page.texts("lk.chat") == ["Hello", another.message])
    await eventually(lambda: flutter.texts("lk.transcription")[-1:] == ["Bye"])
    assert page.texts("lk.transcription")[-1:] == [BLANK]
