"""What one reply costs on the wire, by the dialect of those who read it: packets and bytes sent.

A real room, with the worker's own reply writer, and clients that are spoken to in one dialect.
Counted is what the worker hands to the SDK, and what the SDK says that it sent; the server sends it
on to each reader.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, cast

from livekit import rtc

from assistant.answering.reply import ReplyWriter
from benchmarks.rooms import mint_token
from benchmarks.scenarios import PACED
from chat import ChatManager, ChatMessage, Dialect, OwnedTasks
from chat.wire import TOPIC_JSON, TOPIC_JSON_UPDATE, encode
from worker.devstack.livekit_server import LiveKitServer

READERS = (1, 10)
"""How many people read the reply."""

DIALECTS = (Dialect.STREAM, Dialect.SEGMENT, Dialect.JSON_EDIT, Dialect.JSON_FINAL, Dialect.UNKNOWN)
"""PROTO is missing: it sends as often as JSON_EDIT, by a call that cannot be counted here."""

PER_TOKEN = "full JSON per token"
"""The other way: the whole text for each token, as the removed ``rtc.ChatManager`` invites to."""

CHUNK_BYTES = 15_000
"""A longer write to a text stream is cut into packets of this size (rtc 1.1.21)."""

_TOKEN = "eleven byte"

_WRITER = "agent-AJ_8kXq3vTn2LpR"
"""An identity as LiveKit makes it for an agent: the SDK writes it into every packet."""

_JOIN_LIMIT = 30.0

_SETTLE = 0.5
"""Seconds in which what was handed to the SDK has left it."""


@dataclass
class Traffic:
    """What one reply took."""

    way: str
    readers: int
    packets: int = 0
    payload_bytes: int = 0

    wire_bytes: int = 0
    """What left the SDK: the payload with LiveKit's, SCTP's and DTLS's headers, not UDP's and IP's."""


class CountingRoom(rtc.Room):
    """A room whose local participant counts what it sends."""

    def __init__(self, traffic: Traffic) -> None:
        super().__init__()
        self._traffic = traffic

    @property
    def local_participant(self) -> rtc.LocalParticipant:
        """The participant, counting."""
        return cast("rtc.LocalParticipant", _Counting(super().local_participant, self._traffic))


class _Counting:
    def __init__(self, counted: Any, traffic: Traffic) -> None:
        self._counted = counted
        self._traffic = traffic

    def __getattr__(self, name: str) -> Any:
        return getattr(self._counted, name)

    async def publish_data(self, payload: bytes, **options: Any) -> None:
        self._traffic.packets += 1
        self._traffic.payload_bytes += len(payload)
        await self._counted.publish_data(payload, **options)

    async def stream_text(self, **options: Any) -> _Counting:
        self._traffic.packets += 1
        return _Counting(await self._counted.stream_text(**options), self._traffic)

    async def write(self, text: str) -> None:
        size = len(text.encode())
        self._traffic.packets += math.ceil(size / CHUNK_BYTES)
        self._traffic.payload_bytes += size
        await self._counted.write(text)

    async def aclose(self, **options: Any) -> None:
        self._traffic.packets += 1
        await self._counted.aclose(**options)


async def measure_traffic(server: LiveKitServer) -> list[Traffic]:
    """Write one reply of 200 tokens in each way, to each number of readers."""
    measured = []
    for readers in READERS:
        for dialect in DIALECTS:
            measured.append(await _in_dialect(server, dialect, readers))
        measured.append(await _per_token(server, readers))
    return measured


async def _in_dialect(server: LiveKitServer, dialect: Dialect, readers: int) -> Traffic:
    traffic = Traffic(dialect.value, readers)
    room = CountingRoom(traffic)
    chat = ChatManager(room, dialect=dialect)
    async with _occupied(server, room, readers):
        before = await _sent_bytes(room)
        reply = ReplyWriter(chat, OwnedTasks(), _at_once)
        async for token in _tokens():
            reply.append(token)
        reply.finish()
        await reply.written()
        await chat.aclose()
        traffic.wire_bytes = await _sent_bytes(room) - before
    return traffic


async def _per_token(server: LiveKitServer, readers: int) -> Traffic:
    traffic = Traffic(PER_TOKEN, readers)
    room = CountingRoom(traffic)
    async with _occupied(server, room, readers):
        before = await _sent_bytes(room)
        message = ChatMessage(message="")
        topic = TOPIC_JSON
        async for token in _tokens():
            message.message = (message.message or "") + token
            await room.local_participant.publish_data(encode(message), topic=topic)
            topic = TOPIC_JSON_UPDATE
        traffic.wire_bytes = await _sent_bytes(room) - before
    return traffic


async def _sent_bytes(room: rtc.Room) -> int:
    """Ask the SDK what it has sent in this room, once it has sent what it was handed."""
    await asyncio.sleep(_SETTLE)
    stats = await room.get_rtc_stats()
    return sum(each.transport.transport.bytes_sent for each in stats.publisher_stats)


async def _at_once() -> bool:
    return True


async def _tokens() -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    due = loop.time()
    for _ in range(PACED.tokens):
        due += PACED.interval_us / 1e6
        await asyncio.sleep(max(0.0, due - loop.time()))
        yield _TOKEN


@contextlib.asynccontextmanager
async def _occupied(server: LiveKitServer, room: rtc.Room, readers: int) -> AsyncIterator[None]:
    """Connect the room, with so many readers in it who can be spoken to."""
    name = f"traffic-{uuid.uuid4().hex[:8]}"
    people = [rtc.Room() for _ in range(readers)]
    all_active = asyncio.Event()

    def look(*_: object) -> None:
        active = rtc.ParticipantState.PARTICIPANT_STATE_ACTIVE
        present = room.remote_participants.values()
        if sum(p.state == active for p in present) == readers:
            all_active.set()

    room.on("participant_active", look)
    await room.connect(server.url, mint_token(server, name, _WRITER, "agent"))
    try:
        for person in people:
            # As long as the identities of most applications: they are part of what is sent.
            await person.connect(server.url, mint_token(server, name, str(uuid.uuid4())))
        look()
        async with asyncio.timeout(_JOIN_LIMIT):
            await all_active.wait()
        yield
    finally:
        for connected in (room, *people):
            await connected.disconnect()
