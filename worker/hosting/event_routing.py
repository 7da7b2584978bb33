"""Hands the SDK's events to whom they are for, where the SDK hands each to everybody.

Every room of a process subscribes to every event of the native side, and drops what is another's:
with 100 rooms an acknowledged write woke 100 tasks, a third of the busy event loop's time (rtc
1.1.21, ``_ffi_client.FfiQueue.put`` and ``room.Room._listen_task``). So does every request until its
answer comes: where many are under way, each event woke them all. This is the only module that reaches
into that.
"""

from __future__ import annotations

import asyncio
import logging

from livekit import rtc
from livekit.rtc._ffi_client import FfiClient, FfiQueue
from livekit.rtc._proto.ffi_pb2 import FfiEvent, FfiRequest, FfiResponse
from livekit.rtc._utils import Queue

from .internals import Internal, find_misfits

logger = logging.getLogger(__name__)

_ASKS = frozenset({"subscribe", "request", "wait_for", "async_id", "unsubscribe"})

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
    Internal("livekit.rtc._ffi_client", "FfiClient.request", frozenset({"req"})),
    Internal("livekit.rtc.participant", "LocalParticipant.publish_data", touches=_ASKS),
    Internal("livekit.rtc.participant", "LocalParticipant.set_attributes", touches=_ASKS),
    Internal(
        "livekit.rtc.data_stream",
        "BaseStreamWriter._wait_for_callback",
        touches=_ASKS,
    ),
)

REQUESTS = frozenset(
    {
        "publish_data",
        "set_local_attributes",
        "text_stream_open",
        "text_stream_write",
        "text_stream_close",
    }
)
"""Requests that subscribe, send and wait for their own answer alone, all without a pause before the
wait. Those who make others hear everything."""

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
    """The SDK's distribution of events, without those of whom it is known what they want.

    Rooms are served by their handles, requests by their ids.
    """

    def __init__(self, replaced: FfiQueue[FfiEvent]) -> None:
        """Take over the subscribers of the queue that this one replaces."""
        super().__init__()
        self._subscribers = replaced._subscribers
        self._lock = replaced._lock
        self._rooms: dict[int, _Inbox] = {}
        self._participants: dict[int, _Inbox] = {}
        self._requests: dict[int, _Inbox] = {}
        self._request_ids: dict[Queue[FfiEvent], int] = {}

    def put(self, item: FfiEvent) -> None:
        """Hand an event to the rooms that it concerns, and to all other subscribers."""
        which = item.WhichOneof("message")
        with self._lock:
            if which == "room_event":
                _deliver(self._rooms.get(item.room_event.room_handle), item)
            elif which == "rpc_method_invocation":
                handle = item.rpc_method_invocation.local_participant_handle
                _deliver(self._participants.get(handle), item)
            elif which in ANSWERS:
                request = getattr(getattr(item, which), "async_id", None)
                if request in self._requests:
                    _deliver(self._requests.pop(request), item)
                    return
            else:
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

    def expect(self, request: int) -> None:
        """Hand nothing but a request's answer to who subscribed last, on this thread, before it.

        An answer that came meanwhile was handed to everybody, and so to them too.
        """
        loop = asyncio.get_running_loop()
        with self._lock:
            # Another thread may have subscribed since, but not for this event loop.
            for position in range(len(self._subscribers) - 1, -1, -1):
                queue, owner, wanted = self._subscribers[position]
                if owner is loop:
                    if wanted is None:
                        del self._subscribers[position]
                        self._requests[request] = queue, loop
                        self._request_ids[queue] = request
                    return

    def unsubscribe(self, queue: Queue[FfiEvent]) -> None:
        """Hand nothing to a queue any more."""
        with self._lock:
            if (request := self._request_ids.pop(queue, None)) is not None:
                self._requests.pop(request, None)
                return
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


class RoutedClient(FfiClient):
    """The SDK's client, which tells its queue what was asked."""

    def request(self, req: FfiRequest) -> FfiResponse:
        """Send a request, see `FfiClient.request`."""
        response = super().request(req)
        which = response.WhichOneof("message")
        if which in REQUESTS and isinstance(self.queue, RoutedQueue):
            self.queue.expect(getattr(response, which).async_id)
        return response


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
    client = FfiClient.instance
    client._queue = RoutedQueue(client.queue)
    client.__class__ = RoutedClient
