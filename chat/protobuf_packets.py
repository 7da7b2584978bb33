"""The protobuf ``ChatMessage`` packet, which the Python SDK does not expose: sent and received by FFI.

It is what client-sdk-js's ``sendChatMessage`` sends and ``RoomEvent.ChatMessage`` shows, and one of
two ways of components-js core 0.11.6 to 0.12.1. The SDK's native side knows it (rtc 1.1.21,
``room.proto``); this is the only module that reaches past the SDK's public surface for it.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar

from livekit import rtc
from livekit.rtc._ffi_client import FfiClient, FfiQueue
from livekit.rtc._proto.ffi_pb2 import FfiEvent, FfiRequest
from livekit.rtc._proto.room_pb2 import RoomEvent
from livekit.rtc._utils import Queue
from livekit.rtc.participant import PublishDataError

from .failures import failure_fields
from .message import ChatMessage, generate_id, timestamp_from_ms
from .tasks import OwnedTasks
from .wire import MAX_ID_LENGTH

logger = logging.getLogger(__name__)

if "edit_chat_message" not in FfiRequest.DESCRIPTOR.fields_by_name:
    raise ImportError("the native side no longer edits chat messages")
# To ask for what is missing is an AttributeError, here instead of in a room.
_USED = (
    FfiClient.queue,
    FfiClient.request,
    FfiQueue.subscribe,
    FfiQueue.unsubscribe,
    Queue.wait_for,
)
for _owner in (rtc.Room, rtc.Participant):
    if "_ffi_handle" not in _owner.__init__.__code__.co_names:
        raise ImportError("rooms and participants no longer have a native handle")


@dataclass(frozen=True)
class ProtobufPacket:
    """A received packet."""

    message: ChatMessage
    """Without sender."""

    edit: bool
    """Whether it says that it edits an earlier one."""


class ProtobufListener:
    """Receives the protobuf chat packets of one room; the SDK drops those of unannounced senders."""

    def __init__(self, room: rtc.Room, on_packet: Callable[[ProtobufPacket, str], None]) -> None:
        """Start listening; the room may be connected later.

        Args:
            room: The room.
            on_packet: Called with each packet and its sender's identity, in the context of this
                call. What it raises is logged.
        """
        self._room = room
        self._on_packet = on_packet
        self._hub = _Hub.of_running_loop()
        self._hub.add(self)

    def close(self) -> None:
        """Stop listening."""
        self._hub.remove(self)

    def take(self, event: RoomEvent) -> None:
        """Hand a packet on if it is of this room."""
        if event.room_handle != _room_handle(self._room):
            return
        received = event.chat_message
        packet = received.message
        message = ChatMessage(
            message=packet.message,
            id=packet.id if 0 < len(packet.id) <= MAX_ID_LENGTH else generate_id(),
            timestamp=timestamp_from_ms(packet.timestamp),
            deleted=packet.deleted,
        )
        edit = packet.HasField("edit_timestamp")
        self._on_packet(ProtobufPacket(message, edit), received.participant_identity)


class _Hub:
    """One subscription for all listeners of an event loop: the SDK asks each about every event."""

    _hubs: ClassVar[dict[asyncio.AbstractEventLoop, _Hub]] = {}

    @classmethod
    def of_running_loop(cls) -> _Hub:
        """The hub of the running loop, made with its first listener and gone with its last."""
        loop = asyncio.get_running_loop()
        return cls._hubs.setdefault(loop, cls(loop))

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._listeners: dict[ProtobufListener, contextvars.Context] = {}
        self._queue: Queue[FfiEvent] | None = None
        self._tasks = OwnedTasks()

    def add(self, listener: ProtobufListener) -> None:
        # What is done with a packet is part of its room's job, and so are the log lines of it.
        self._listeners[listener] = contextvars.copy_context()
        if self._queue is None:
            queue = FfiClient.instance.queue.subscribe(self._loop, filter_fn=_is_chat)
            self._queue = queue
            # It serves all rooms, so it must not look as if it were part of the first one's job.
            listening = self._listen(queue)
            contextvars.Context().run(self._tasks.spawn, listening, "protobuf chat listener")

    def remove(self, listener: ProtobufListener) -> None:
        self._listeners.pop(listener, None)
        if not self._listeners and self._queue is not None:
            # A subscription that outlives its event loop makes the native side panic at exit.
            FfiClient.instance.queue.unsubscribe(self._queue)
            self._queue = None
            self._tasks.cancel()
            self._hubs.pop(self._loop, None)

    async def _listen(self, queue: Queue[FfiEvent]) -> None:
        while True:
            event = (await queue.get()).room_event
            for listener, context in list(self._listeners.items()):
                context.run(_take, listener, event)


def _take(listener: ProtobufListener, event: RoomEvent) -> None:
    try:
        listener.take(event)
    except Exception as error:  # noqa: BLE001  # It is logged, without its words.
        logger.error("protobuf chat packet failed", extra=failure_fields(error))


def _is_chat(event: FfiEvent) -> bool:
    return (
        event.WhichOneof("message") == "room_event"
        and event.room_event.WhichOneof("message") == "chat_message"
    )


async def send_protobuf(
    participant: rtc.LocalParticipant, message: ChatMessage, addressees: Iterable[str]
) -> None:
    """Send a packet with the message's own id and its whole text; the same id again edits.

    Raises:
        PublishDataError: The SDK refused it.
    """
    request = FfiRequest()
    edit = request.edit_chat_message
    edit.local_participant_handle = participant._ffi_handle.handle
    edit.sender_identity = participant.identity
    edit.edit_text = message.message or ""
    edit.original_message.id = message.id
    edit.original_message.message = message.message or ""
    edit.original_message.timestamp = message.asjsondict()["timestamp"]
    edit.original_message.deleted = message.deleted
    edit.destination_identities.extend(addressees)
    queue = FfiClient.instance.queue.subscribe(
        filter_fn=lambda event: event.WhichOneof("message") == "chat_message"
    )
    try:
        sent = FfiClient.instance.request(request).send_chat_message.async_id
        answer = await queue.wait_for(lambda event: event.chat_message.async_id == sent)
    finally:
        FfiClient.instance.queue.unsubscribe(queue)
    if answer.chat_message.HasField("error"):
        raise PublishDataError(answer.chat_message.error)


def _room_handle(room: rtc.Room) -> int | None:
    handle = room._ffi_handle
    return handle.handle if handle is not None else None
