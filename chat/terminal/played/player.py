"""A ``ChatManager`` for the terminal that is as limited as the clients of one dialect."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import assert_never

from livekit import rtc
from livekit.rtc.participant import PublishDataError

from chat import ChatMessage
from chat.dialect import Dialect
from chat.events import ChatEvents
from chat.protobuf import ProtobufListener, ProtobufPacket, send_protobuf
from chat.tasks import OwnedTasks
from chat.terminal.manager import EventTypes
from chat.terminal.watcher import AGENT_STATE, UNDELIVERED
from chat.wire import TOPIC_JSON, TOPIC_STREAM, MalformedMessageError, decode

from .bubble import Bubble, Stream
from .parcels import Packet, Parcel, Protobuf, TextStream, mint_id, pack
from .screens import SCREENS
from .settling import Settling

logger = logging.getLogger(__name__)

_BUSY_STATES = frozenset({"thinking", "speaking"})
_WRITE_FAILURES = (rtc.StreamError, PublishDataError, RuntimeError, AssertionError)


class Player(ChatEvents[EventTypes]):
    """Sends to everybody what a client of the dialect sends, and tells what that would show.

    The events are those of ``ChatManager``, and carry a message for each bubble; nothing is ever
    deleted or rejected. A message that could not be sent is logged and not tried again.
    """

    def __init__(self, room: rtc.Room, dialect: Dialect) -> None:
        """Listen to a room, which is to be connected later.

        Args:
            room: The room.
            dialect: One of `clients.CLIENTS`.
        """
        super().__init__()
        self._room = room
        self._dialect = dialect
        self._screen = SCREENS[dialect]()
        self._shown: set[tuple[str | None, str]] = set()
        self._settling = Settling(self._is_busy, self._settled)
        self._readers: set[rtc.TextStreamReader] = set()
        self._tasks = OwnedTasks()
        self._listener: ProtobufListener | None = None
        self._listening = True
        if self._screen.stream_topic is not None:
            room.register_text_stream_handler(self._screen.stream_topic, self._on_stream)
        if self._screen.protobuf:
            self._listener = ProtobufListener(room, self._on_protobuf)
        room.on("data_received", self._on_data)

    async def send_message(self, message: str) -> ChatMessage:
        """Send a complete message, as the client would."""
        me = self._room.local_participant
        sent = ChatMessage(
            message=message,
            id=mint_id(self._dialect),
            participant=me,
            participant_identity=me.identity,
            is_local=True,
        )
        try:
            for parcel in pack(sent, self._dialect):
                await _send(me, parcel)
        except _WRITE_FAILURES as error:
            logger.warning(UNDELIVERED, extra={"cause": type(error).__name__})
        return sent

    def close(self) -> None:
        """Release every handler and task."""
        if not self._listening:
            return  # The handlers may be a successor's.
        self._listening = False
        self._room.off("data_received", self._on_data)
        if self._screen.stream_topic is not None:
            self._room.unregister_text_stream_handler(self._screen.stream_topic)
        if self._listener is not None:
            self._listener.close()
        self._settling.close()
        self._tasks.cancel()
        self._handler_tasks.cancel()
        for reader in self._readers:
            reader.close()
        self._readers.clear()

    async def aclose(self) -> None:
        """Release every handler and task; `send_message` leaves nothing unfinished."""
        self.close()

    def _on_data(self, packet: rtc.DataPacket) -> None:
        if packet.topic not in self._screen.packet_topics:
            return
        try:
            decoded = decode(packet.data)
        except MalformedMessageError:
            return
        sender = packet.participant.identity if packet.participant is not None else None
        self._show(self._screen.take_packet(sender, decoded))

    def _on_protobuf(self, packet: ProtobufPacket, sender: str) -> None:
        self._show(self._screen.take_protobuf(sender, packet.message))

    def _on_stream(self, reader: rtc.TextStreamReader, sender: str) -> None:
        self._readers.add(reader)
        stream = Stream(sender, reader.info.stream_id, dict(reader.info.attributes or {}))
        self._tasks.spawn(self._read(reader, stream), "played stream reader")

    async def _read(self, reader: rtc.TextStreamReader, stream: Stream) -> None:
        try:
            async for chunk in reader:
                self._show(self._screen.grow(stream, chunk))
        except rtc.StreamError:
            logger.debug("text stream ended early")
            # What was shown of it stays as it is; a later stream may replace it.
            self._screen.end(stream, reader.info.attributes or {})
            return
        finally:
            # A reader that is not closed stays subscribed to the SDK's events for good.
            reader.close()
            self._readers.discard(reader)
        self._show(self._screen.end(stream, reader.info.attributes or {}))

    def _show(self, bubble: Bubble | None) -> None:
        if bubble is None:
            return
        if bubble.complete is None:
            # People write a message in one go; only an agent's grows.
            bubble = replace(bubble, complete=not self._by_agent(bubble))
            if not bubble.complete:
                self._settling.touch(bubble)
        event: EventTypes = "message_updated" if bubble.key in self._shown else "message_added"
        self._shown.add(bubble.key)
        self.emit(event, self._message(bubble))

    def _settled(self, bubble: Bubble) -> None:
        self._show(replace(bubble, complete=True))

    def _message(self, bubble: Bubble) -> ChatMessage:
        return ChatMessage(
            message=bubble.text,
            id=bubble.id,
            participant=self._participant(bubble),
            complete=bubble.complete is True,
            participant_identity=bubble.sender,
        )

    def _participant(self, bubble: Bubble) -> rtc.RemoteParticipant | None:
        return self._room.remote_participants.get(bubble.sender or "")

    def _by_agent(self, bubble: Bubble) -> bool:
        sender = self._participant(bubble)
        return sender is not None and sender.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT

    def _is_busy(self, bubble: Bubble) -> bool:
        sender = self._participant(bubble)
        return sender is not None and sender.attributes.get(AGENT_STATE) in _BUSY_STATES


async def _send(me: rtc.LocalParticipant, parcel: Parcel) -> None:
    # None of these clients addresses anybody: no identities mean everybody.
    match parcel:
        case TextStream(stream_id, text):
            writer = await me.stream_text(
                topic=TOPIC_STREAM, stream_id=stream_id, destination_identities=[], attributes={}
            )
            await writer.write(text)
            await writer.aclose()
        case Packet(payload):
            await me.publish_data(payload, topic=TOPIC_JSON, destination_identities=[])
        case Protobuf(message):
            await send_protobuf(me, message, [])
        case _:
            assert_never(parcel)
