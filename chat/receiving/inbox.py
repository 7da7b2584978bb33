"""Receives packets and text streams from a room, within limits, and passes them on."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from livekit import rtc

from chat import protobuf
from chat.message import ChatMessage
from chat.roster import Roster
from chat.tasks import OwnedTasks
from chat.wire import (
    ATTRIBUTE_CONTINUES,
    TOPIC_JSON,
    TOPIC_JSON_UPDATE,
    TOPIC_STREAM,
    MalformedMessageError,
    decode,
)

from .attachments import AttachmentReader, Expected
from .reception import IncomingStream, Reason, Reception, StreamHeader

logger = logging.getLogger(__name__)

MAX_AGENT_MESSAGE_BYTES = 1024 * 1024
"""Largest message of an agent that is received, in bytes of UTF-8, if the limit for others is less."""

ORDER_LIMIT = 0.5
"""Seconds that a complete message waits for one that its sender began before it."""

MAX_OPEN_STREAMS = 8
"""Text streams that one participant may hold open at a time."""

SURPLUS_LIMIT = 0.5
"""Seconds in which one that is opened beyond that must be complete. Short messages in quick succession
are: their ends have arrived, but a busy event loop sees all of their beginnings first."""

CHUNKS_AT_ONCE = 16
"""Chunks of a stream that are read without other rooms having their turn, if many have arrived."""

SUCCESSOR_LIMIT = 60.0
"""Seconds in which another process of an agent may go on in a message that broke off. After that it ends as
it is."""

MAX_SURPLUS_STREAMS = 64
"""How many may be opened beyond that."""


class Inbox:
    """Receives the chat messages of one room."""

    def __init__(
        self,
        room: rtc.Room,
        roster: Roster,
        emit: Callable[..., Any],
        max_message_bytes: int,
        max_attachment_bytes: int,
    ) -> None:
        """Start listening.

        Args:
            room: The room.
            roster: The participants of the room; its detector is told what they send.
            emit: Called with an event's name and its argument, see `ChatManager`.
            max_message_bytes: Longer messages are rejected.
            max_attachment_bytes: Larger attachments are rejected.
        """
        self._room = room
        self._roster = roster
        self._max_bytes = max_message_bytes
        self._reception = Reception(emit, self._attribute)
        self._open_streams: Counter[str] = Counter()
        self._readers: set[rtc.TextStreamReader] = set()
        self._newest: dict[str, asyncio.Task[None]] = {}
        # Messages of agents that broke off, by sender and stream id.
        self._broken_off: dict[tuple[str, str], IncomingStream] = {}
        self._tasks = OwnedTasks()
        self._listening = True
        # First, as it raises if another handler is registered.
        room.register_text_stream_handler(TOPIC_STREAM, self._on_stream)
        try:
            self._attachments = AttachmentReader(room, max_attachment_bytes, self._reception.reject)
        except ValueError:
            room.unregister_text_stream_handler(TOPIC_STREAM)
            raise
        room.on("data_received", self._on_data)
        self._protobuf = (
            protobuf.ProtobufListener(room, self._on_protobuf) if protobuf.SUPPORTED else None
        )

    @property
    def refused(self) -> int:
        """How many edits and deletions of other people's messages were refused."""
        return self._reception.refused

    def close(self) -> None:
        """Stop listening, and close streams that are being read."""
        if not self._listening:
            return  # Another manager may have registered its handler since.
        self._listening = False
        self._room.unregister_text_stream_handler(TOPIC_STREAM)
        self._room.off("data_received", self._on_data)
        if self._protobuf is not None:
            self._protobuf.close()
        self._attachments.close()
        self._tasks.cancel()
        for reader in self._readers:
            reader.close()
        self._readers.clear()

    def _on_data(self, packet: rtc.DataPacket) -> None:
        if packet.topic not in (TOPIC_JSON, TOPIC_JSON_UPDATE):
            return
        try:
            decoded = decode(packet.data)
        except MalformedMessageError as error:
            logger.warning("unreadable chat packet ignored", extra={"cause": str(error)})
            return
        identity = packet.participant.identity if packet.participant is not None else None
        self._roster.detector.packet(identity, decoded)
        if decoded.ignore_legacy is True:
            return  # Its twin is a text stream.
        self._take(decoded.message, identity, update=packet.topic == TOPIC_JSON_UPDATE)

    def _on_protobuf(self, packet: protobuf.ProtobufPacket, identity: str) -> None:
        self._roster.detector.protobuf(identity, packet.message.id)
        self._take(packet.message, identity, update=packet.edit)

    def _take(self, message: ChatMessage, identity: str | None, *, update: bool) -> None:
        if len((message.message or "").encode()) > self._limit(identity):
            self._reception.reject(identity, "too long")
        else:
            self._reception.take_packet(message, identity, update=update)

    def _on_stream(self, reader: rtc.TextStreamReader, identity: str) -> None:
        self._roster.expect(identity)
        self._roster.detector.stream_opened(identity, reader.info.stream_id)
        surplus = self._open_streams[identity] - MAX_OPEN_STREAMS
        if surplus >= MAX_SURPLUS_STREAMS:
            reader.close()
            self._reception.reject(identity, "too many streams")
            return
        self._broken_off.pop((identity, reader.info.stream_id), None)  # It goes on.
        self._open_streams[identity] += 1
        self._readers.add(reader)
        incoming = self._reception.open_stream(self._header(reader.info, identity), identity)
        expected = self._attachments.expect(identity, reader.info.attachments)
        before = self._newest.get(identity)
        self._newest[identity] = self._tasks.spawn(
            self._read(reader, incoming, expected, before, None if surplus < 0 else SURPLUS_LIMIT),
            "chat stream reader",
        )

    async def _read(
        self,
        reader: rtc.TextStreamReader,
        incoming: IncomingStream,
        expected: Expected,
        before: asyncio.Task[None] | None,
        limit: float | None,
    ) -> None:
        try:
            whole = await self._read_text(reader, incoming, limit)
            if whole and not _continues(reader.info):
                attachments = await expected.collect()
                if before is not None and not before.done():
                    await asyncio.wait({before}, timeout=ORDER_LIMIT)
                incoming.finish(attachments)
        finally:
            expected.forget()
            self._open_streams -= Counter({incoming.identity: 1})
            if self._newest.get(incoming.identity) is asyncio.current_task():
                del self._newest[incoming.identity]
            # Not before: clients send the twin after the attachments.
            identity = incoming.identity
            self._roster.detector.stream_ended(
                identity, reader.info.stream_id, announced=self._roster.announced(identity)
            )

    async def _read_text(
        self, reader: rtc.TextStreamReader, incoming: IncomingStream, limit: float | None
    ) -> bool:
        """Read a stream to its end, in `limit` seconds. Returns whether all of it arrived."""
        size, max_size = 0, self._limit(incoming.identity)
        problem: Reason | None = None
        try:
            async with asyncio.timeout(limit):
                chunks = 0
                async for chunk in reader:
                    chunks += 1
                    if chunks % CHUNKS_AT_ONCE == 0:
                        # A reader gives what has arrived without a pause.
                        await asyncio.sleep(0)
                    size += len(chunk.encode())
                    if size > max_size:
                        problem = "too long"
                        break
                    incoming.grow(chunk)
        except TimeoutError:
            problem = "too many streams"
        except rtc.StreamError:
            problem = "incomplete"
        finally:
            # A reader that is not closed stays subscribed to the SDK's events for ever.
            reader.close()
            self._readers.discard(reader)
        if problem == "incomplete" and incoming.by_agent and self._listening:
            waiting = self._wait_for_successor(reader.info.stream_id, incoming)
            self._tasks.spawn(waiting, "wait for a successor")
        elif problem is not None:
            self._end_early(incoming, problem)
        return problem is None

    async def _wait_for_successor(self, stream_id: str, incoming: IncomingStream) -> None:
        key = (incoming.identity, stream_id)
        self._broken_off[key] = incoming
        await asyncio.sleep(SUCCESSOR_LIMIT)
        if self._broken_off.get(key) is incoming:
            del self._broken_off[key]
            self._end_early(incoming, "incomplete")

    def _end_early(self, incoming: IncomingStream, problem: Reason) -> None:
        incoming.break_off()
        self._reception.reject(incoming.identity, problem)

    def _limit(self, identity: str | None) -> int:
        """The largest size of a message of this sender: agents write long ones."""
        is_agent = identity is not None and self._is_agent(identity)
        return max(self._max_bytes, MAX_AGENT_MESSAGE_BYTES) if is_agent else self._max_bytes

    def _is_agent(self, identity: str) -> bool:
        participant = self._room.remote_participants.get(identity)
        kind = participant.kind if participant is not None else None
        return kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT

    def _header(self, info: rtc.TextStreamInfo, identity: str) -> StreamHeader:
        return StreamHeader(
            stream_id=info.stream_id,
            timestamp=info.timestamp,
            attributes=info.attributes or {},
            by_agent=self._is_agent(identity),
        )

    def _attribute(self, message: ChatMessage, identity: str | None) -> ChatMessage:
        participant = self._roster.participant(identity) if identity is not None else None
        return replace(message, participant=participant, participant_identity=identity)


def _continues(info: rtc.TextStreamInfo) -> bool:
    """Whether the end of a stream announced another one that will replace its text."""
    return (info.attributes or {}).get(ATTRIBUTE_CONTINUES) == "true"
