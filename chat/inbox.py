"""Listening to a room: reads packets and text streams, within bounds, and hands them on."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from livekit import rtc

from .events import OwnedTasks
from .message import ChatMessage
from .reception import IncomingStream, Reception, StreamHeader
from .roster import Roster
from .wire import TOPIC_JSON, TOPIC_JSON_UPDATE, TOPIC_STREAM, MalformedMessageError, decode

logger = logging.getLogger(__name__)

MAX_OPEN_STREAMS = 8
"""Text streams that one participant may hold open at a time."""


class Inbox:
    """Listens to one room for chat."""

    def __init__(
        self, room: rtc.Room, roster: Roster, emit: Callable[..., Any], max_message_bytes: int
    ) -> None:
        """Start listening.

        Args:
            room: The room.
            roster: Is told what participants send.
            emit: Called with an event's name and its argument, see `ChatManager`.
            max_message_bytes: Longer messages are rejected.
        """
        self._room = room
        self._roster = roster
        self._max_bytes = max_message_bytes
        self._reception = Reception(emit, self._attribute)
        self._open_streams: Counter[str] = Counter()
        self._readers: set[rtc.TextStreamReader] = set()
        self._tasks = OwnedTasks()
        self._listening = True
        room.register_text_stream_handler(TOPIC_STREAM, self._on_stream)
        room.on("data_received", self._on_data)

    @property
    def refused(self) -> int:
        """Edits and deletions of other people's messages that were refused."""
        return self._reception.refused

    def close(self) -> None:
        """Stop listening, and let go of streams that are being read."""
        if not self._listening:
            return  # The handler may be a successor's.
        self._listening = False
        self._room.unregister_text_stream_handler(TOPIC_STREAM)
        self._room.off("data_received", self._on_data)
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
        self._roster.heard_packet(identity, decoded)
        if decoded.ignore_legacy is True:
            return  # Its twin is a text stream.
        if len((decoded.message.message or "").encode()) > self._max_bytes:
            self._reception.reject(identity, "too long")
            return
        update = packet.topic == TOPIC_JSON_UPDATE
        self._reception.take_packet(decoded.message, identity, update=update)

    def _on_stream(self, reader: rtc.TextStreamReader, identity: str) -> None:
        self._roster.heard_stream(identity)
        if self._open_streams[identity] >= MAX_OPEN_STREAMS:
            reader.close()
            self._reception.reject(identity, "too many streams")
            return
        self._open_streams[identity] += 1
        self._readers.add(reader)
        incoming = self._reception.open_stream(self._header(reader.info, identity), identity)
        self._tasks.spawn(self._read(reader, incoming), "chat stream reader")

    async def _read(self, reader: rtc.TextStreamReader, incoming: IncomingStream) -> None:
        try:
            await self._read_to_end(reader, incoming)
        finally:
            # A reader that is not closed stays subscribed to the SDK's events for good.
            reader.close()
            self._readers.discard(reader)
            self._open_streams -= Counter({incoming.identity: 1})

    async def _read_to_end(self, reader: rtc.TextStreamReader, incoming: IncomingStream) -> None:
        size = 0
        try:
            async for chunk in reader:
                size += len(chunk.encode())
                if size > self._max_bytes:
                    incoming.break_off()
                    self._reception.reject(incoming.identity, "too long")
                    return
                incoming.grow(chunk)
        except rtc.StreamError:
            incoming.break_off()
            self._reception.reject(incoming.identity, "broken off")
            return
        incoming.finish()

    def _header(self, info: rtc.TextStreamInfo, identity: str) -> StreamHeader:
        participant = self._room.remote_participants.get(identity)
        kind = participant.kind if participant is not None else None
        return StreamHeader(
            stream_id=info.stream_id,
            timestamp=info.timestamp,
            attributes=info.attributes or {},
            by_agent=kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT,
        )

    def _attribute(self, message: ChatMessage, identity: str | None) -> ChatMessage:
        participant = self._room.remote_participants.get(identity) if identity else None
        return replace(message, participant=participant, participant_identity=identity)
