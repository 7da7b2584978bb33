"""The SDK's queue of native events, which delivers most of them only to their receivers."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable

from livekit import rtc
from livekit.rtc._ffi_client import FfiClient, FfiQueue
from livekit.rtc._proto.ffi_pb2 import FfiEvent, FfiRequest, FfiResponse
from livekit.rtc._utils import Queue

from .event_addresses import (
    NEW_STREAMS,
    REQUESTS,
    ROOM_ANSWERS,
    ROOM_EVENTS,
    Address,
    address_of,
    is_for_all_rooms,
)

logger = logging.getLogger(__name__)

_Inbox = tuple[Queue[FfiEvent], asyncio.AbstractEventLoop]
_Filter = Callable[[FfiEvent], bool] | None

_PARTICIPANTS = "rpc_method_invocation"
"""Events by the handle of a room's own participant."""


class RoutedQueue(FfiQueue[FfiEvent]):
    """Hands each event to the room, the stream or the request that it is for.

    What is for nobody in particular goes to all rooms, and to those who subscribed for anything else.
    """

    def __init__(self, replaced: FfiQueue[FfiEvent]) -> None:
        """Take over the subscribers of the queue that this one replaces."""
        super().__init__()
        self._subscribers = replaced._subscribers
        self._lock = replaced._lock
        self._inboxes: dict[Address, _Inbox] = {}
        self._addresses: dict[Queue[FfiEvent], set[Address]] = {}
        self._rooms: dict[Queue[FfiEvent], _Inbox] = {}
        self._newest = threading.local()

    def put(self, item: FfiEvent) -> None:
        """Hand an event to whom it is for."""
        address = address_of(item)
        with self._lock:
            if address is not None and (inbox := self._inboxes.get(address)) is not None:
                self._deliver(inbox, item)
                if address[0] in ROOM_ANSWERS:
                    self._forget(inbox, address)
                if address[0] not in ROOM_EVENTS:
                    return
            elif is_for_all_rooms(item):
                # A copy: a room that the garbage collector finds now unsubscribes on this thread.
                for room in list(self._rooms.values()):
                    self._deliver(room, item)
            super().put(item)

    def subscribe(
        self,
        loop: asyncio.AbstractEventLoop | None = None,
        filter_fn: Callable[[FfiEvent], bool] | None = None,
    ) -> Queue[FfiEvent]:
        """Subscribe, see `FfiQueue.subscribe`."""
        queue = super().subscribe(loop, filter_fn)
        self._newest.queue = queue
        return queue

    def route(self, room: rtc.Room) -> None:
        """Serve a connected room by its handles from now on. No event is lost or doubled."""
        room_handle, participant = room._ffi_handle, room.local_participant
        if room_handle is None:
            return
        with self._lock:
            inbox = self._take(room._ffi_queue, lambda _: True)
            if inbox is not None:
                self._rooms[inbox[0]] = inbox
                self._serve(inbox, ("room_event", room_handle.handle))
                self._serve(inbox, (_PARTICIPANTS, participant._ffi_handle.handle))

    def claim_answer(self, address: Address) -> None:
        """Hand nothing but an answer to who subscribed last, on this thread.

        One that came meanwhile was handed to everybody, and so to them too.
        """
        self._claim(address, lambda wanted: wanted is None)

    def claim_stream(self, address: Address) -> None:
        """Hand nothing but a stream's events to who subscribed last, on this thread, for such."""
        event = FfiEvent()
        getattr(event, address[0]).stream_handle = address[1]
        self._claim(address, lambda wanted: wanted is not None and wanted(event))

    def claim_room_answer(self, participant: int, address: Address) -> None:
        """Hand an answer to a participant's room alone."""
        with self._lock:
            if (inbox := self._inboxes.get((_PARTICIPANTS, participant))) is not None:
                self._serve(inbox, address)

    def unsubscribe(self, queue: Queue[FfiEvent]) -> None:
        """Hand nothing to a queue any more."""
        with self._lock:
            if (addresses := self._addresses.pop(queue, None)) is None:
                super().unsubscribe(queue)
                return
            self._rooms.pop(queue, None)
            for address in addresses:
                self._inboxes.pop(address, None)

    def _claim(self, address: Address, fits: Callable[[_Filter], bool]) -> None:
        queue, self._newest.queue = getattr(self._newest, "queue", None), None
        with self._lock:
            if queue is not None and (inbox := self._take(queue, fits)) is not None:
                self._serve(inbox, address)

    def _take(self, queue: Queue[FfiEvent], fits: Callable[[_Filter], bool]) -> _Inbox | None:
        """Take a queue out of those that are asked about each event."""
        # The newest are last.
        for position in range(len(self._subscribers) - 1, -1, -1):
            entry = self._subscribers[position]
            if entry[0] is queue:
                if not fits(entry[2]):
                    return None
                self._subscribers.remove(entry)
                return entry[:2]
        return None

    def _serve(self, inbox: _Inbox, address: Address) -> None:
        self._inboxes[address] = inbox
        self._addresses.setdefault(inbox[0], set()).add(address)

    def _forget(self, inbox: _Inbox, address: Address) -> None:
        self._inboxes.pop(address, None)
        self._addresses.get(inbox[0], set()).discard(address)

    def _deliver(self, inbox: _Inbox, item: FfiEvent) -> None:
        queue, loop = inbox
        try:
            loop.call_soon_threadsafe(queue.put_nowait, item)
        except RuntimeError:  # The loop is closed.
            logger.warning("events for a closed event loop dropped")
            self.unsubscribe(queue)


class RoutedClient(FfiClient):
    """The SDK's client, which tells its queue about requests."""

    def request(self, req: FfiRequest) -> FfiResponse:
        """Send a request, see `FfiClient.request`."""
        response = super().request(req)
        if isinstance(self.queue, RoutedQueue):
            tell(self.queue, req, response)
        return response


def tell(queue: RoutedQueue, request: FfiRequest, response: FfiResponse) -> None:
    """Tell a queue for whom a request's answer, or the events of its stream, will be."""
    name = response.WhichOneof("message")
    if name in REQUESTS:
        queue.claim_answer((REQUESTS[name], getattr(response, name).async_id))
    elif name in NEW_STREAMS:
        queue.claim_stream((NEW_STREAMS[name], getattr(response, name).stream.handle.id))
    elif name in ROOM_ANSWERS:
        participant = getattr(request, name).local_participant_handle
        queue.claim_room_answer(participant, (name, getattr(response, name).async_id))


def installed_queue() -> FfiQueue[FfiEvent]:
    """Return the queue that the SDK uses now."""
    queue: FfiQueue[FfiEvent] = FfiClient.instance.queue
    return queue


def replace_queue() -> None:
    """Have the SDK use a `RoutedQueue` in this process from now on."""
    client = FfiClient.instance
    if not isinstance(client.queue, RoutedQueue):
        client._queue = RoutedQueue(client.queue)
        client.__class__ = RoutedClient
