"""Hands the SDK's events to the room they are for, where the SDK hands each to all of them.

Every room of a process subscribes to every event of the native side, and drops what is another's:
with 100 rooms an acknowledged write woke 100 tasks, a third of the busy event loop's time (rtc
1.1.21, ``_ffi_client.FfiQueue.put`` and ``room.Room._listen_task``). This is the only module that
reaches into that.
"""

from __future__ import annotations

import asyncio
import logging

from livekit import rtc
from livekit.rtc._ffi_client import FfiClient, FfiQueue
from livekit.rtc._proto.ffi_pb2 import FfiEvent
from livekit.rtc._utils import Queue

from .internals import Internal, find_misfits

logger = logging.getLogger(__name__)

INTERNALS = (
    Internal(
        "livekit.rtc._ffi_client", "FfiQueue.put", touches=frozenset({"_subscribers", "_lock"})
    ),
    Internal("livekit.rtc._ffi_client", "FfiQueue.subscribe", touches=frozenset({"_subscribers"})),
    Internal("livekit.rtc._ffi_client", "FfiClient.__init__", touches=frozenset({"_queue"})),
    Internal("livekit.rtc.room", "Room.connect", touches=frozenset({"_ffi_queue", "_ffi_handle"})),
    Internal("livekit.rtc.room", "Room.disconnect", touches=frozenset({"_ffi_queue"})),
    Internal(
        "livekit.rtc.room",
        "Room._listen_task",
        touches=frozenset({"_ffi_queue", "room_handle", "_on_rpc_method_invocation"}),
    ),
)

ANSWERS = frozenset(
    {
        "connect",
        "disconnect",
        "publish_data",
        "chat_message",
        "perform_rpc",
        "set_local_attributes",
        "set_local_metadata",
        "set_local_name",
        "send_text",
        "send_bytes",
        "send_file",
        "text_stream_open",
        "text_stream_writer_write",
        "text_stream_writer_close",
        "text_stream_reader_event",
        "byte_stream_open",
        "byte_stream_writer_write",
        "byte_stream_writer_close",
        "byte_stream_reader_event",
    }
)
"""Events that a room ignores: whoever waits for one has a subscription of its own."""

_Inbox = tuple[Queue[FfiEvent], asyncio.AbstractEventLoop]


class RoutedQueue(FfiQueue[FfiEvent]):
    """The SDK's distribution of events, with the rooms taken out and served by their handles."""

    def __init__(self, replaced: FfiQueue[FfiEvent]) -> None:
        """Take over the subscribers of the queue that this one replaces."""
        super().__init__()
        self._subscribers = replaced._subscribers
        self._lock = replaced._lock
        self._rooms: dict[int, _Inbox] = {}
        self._participants: dict[int, _Inbox] = {}

    def put(self, item: FfiEvent) -> None:
        """Hand an event to the rooms that it concerns, and to all other subscribers."""
        which = item.WhichOneof("message")
        with self._lock:
            if which == "room_event":
                _deliver(self._rooms.get(item.room_event.room_handle), item)
            elif which == "rpc_method_invocation":
                handle = item.rpc_method_invocation.local_participant_handle
                _deliver(self._participants.get(handle), item)
            elif which not in ANSWERS:
                for inbox in self._rooms.values():
                    _deliver(inbox, item)
            super().put(item)

    def route(self, room: rtc.Room) -> None:
        """Serve a connected room by its handles from now on. No event is lost or doubled."""
        room_handle, participant = room._ffi_handle, room.local_participant
        if room_handle is None:
            return
        with self._lock:
            for entry in self._subscribers:
                if entry[0] is room._ffi_queue:
                    self._subscribers.remove(entry)
                    self._rooms[room_handle.handle] = entry[:2]
                    self._participants[participant._ffi_handle.handle] = entry[:2]
                    return

    def unsubscribe(self, queue: Queue[FfiEvent]) -> None:
        """Hand nothing to a queue any more."""
        with self._lock:
            for inboxes in (self._rooms, self._participants):
                for handle in [h for h, inbox in inboxes.items() if inbox[0] is queue]:
                    del inboxes[handle]
            super().unsubscribe(queue)


def _deliver(inbox: _Inbox | None, item: FfiEvent) -> None:
    if inbox is None:
        return
    queue, loop = inbox
    try:
        loop.call_soon_threadsafe(queue.put_nowait, item)
    except RuntimeError:  # The loop is closed.
        logger.warning("event for a closed event loop dropped")


def route_events(room: rtc.Room) -> None:
    """Serve a connected room by its handles, if the installed SDK is what this builds on."""
    queue = FfiClient.instance.queue
    if isinstance(queue, RoutedQueue):
        queue.route(room)


def install_routing() -> None:
    """Replace the SDK's queue, once for a process; with a warning and nothing else if it moved."""
    if isinstance(FfiClient.instance.queue, RoutedQueue):
        return
    if misfits := find_misfits(INTERNALS):
        logger.warning("each room is woken by all events", extra={"misfits": misfits})
        return
    FfiClient.instance._queue = RoutedQueue(FfiClient.instance.queue)
