"""Events of the SDK reach the room they are for, and nobody else's."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest
from livekit import rtc
from livekit.rtc._ffi_client import FfiQueue
from livekit.rtc._proto.ffi_pb2 import FfiEvent, FfiResponse
from livekit.rtc._utils import Queue

from worker.hosting.event_routing import ANSWERS, INTERNALS, REQUESTS, RoutedQueue
from worker.hosting.internals import find_misfits


class Subscribers:
    """Two rooms that are routed, and somebody who hears everything."""

    def __init__(self) -> None:
        plain: FfiQueue[FfiEvent] = FfiQueue()
        inboxes = [plain.subscribe() for _ in range(3)]
        self.first, self.second, self.everything = inboxes
        self.routed = RoutedQueue(plain)
        for number, inbox in enumerate((self.first, self.second), 1):
            self.routed.route(room(number, inbox))

    async def heard(self, event: FfiEvent) -> list[bool]:
        """Who hears an event: the first room, the second, and the one who hears everything."""
        self.routed.put(event)
        await asyncio.sleep(0)
        inboxes = (self.first, self.second, self.everything)
        heard = [not inbox.empty() for inbox in inboxes]
        for inbox in inboxes:
            while not inbox.empty():
                inbox.get_nowait()
        return heard


def room(number: int, inbox: Queue[FfiEvent]) -> rtc.Room:
    """A connected room, as far as routing looks at it: its handle, and its participant's."""
    participant = SimpleNamespace(_ffi_handle=SimpleNamespace(handle=10 * number))
    handle = SimpleNamespace(handle=number)
    fake = SimpleNamespace(_ffi_handle=handle, _ffi_queue=inbox, local_participant=participant)
    return cast(rtc.Room, fake)


def room_event(handle: int) -> FfiEvent:
    event = FfiEvent()
    event.room_event.room_handle = handle
    return event


def rpc(handle: int) -> FfiEvent:
    event = FfiEvent()
    event.rpc_method_invocation.local_participant_handle = handle
    return event


def answer(name: str) -> FfiEvent:
    event = FfiEvent()
    getattr(event, name).SetInParent()
    return event


def test_the_installed_sdk_is_what_this_builds_on() -> None:
    assert find_misfits(INTERNALS) == []


def test_every_answer_is_an_event_that_the_sdk_has() -> None:
    assert set(FfiEvent.DESCRIPTOR.fields_by_name) >= ANSWERS


async def test_a_room_hears_its_own_events_alone() -> None:
    subscribers = Subscribers()
    assert await subscribers.heard(room_event(1)) == [True, False, True]
    assert await subscribers.heard(room_event(2)) == [False, True, True]
    assert await subscribers.heard(room_event(3)) == [False, False, True]


async def test_a_call_reaches_the_participant_it_is_for() -> None:
    assert await Subscribers().heard(rpc(20)) == [False, True, True]


@pytest.mark.parametrize("name", sorted(ANSWERS - {"text_stream_reader_event"}))
async def test_an_answer_wakes_no_room(name: str) -> None:
    assert await Subscribers().heard(answer(name)) == [False, False, True]


async def test_what_is_not_known_goes_to_everybody() -> None:
    assert await Subscribers().heard(answer("publish_track")) == [True, True, True]


async def test_a_room_that_was_left_hears_nothing() -> None:
    subscribers = Subscribers()
    subscribers.routed.unsubscribe(subscribers.first)
    assert await subscribers.heard(room_event(1)) == [False, False, True]


async def test_a_room_that_is_not_routed_yet_hears_everything() -> None:
    plain: FfiQueue[FfiEvent] = FfiQueue()
    connecting = plain.subscribe()
    routed = RoutedQueue(plain)
    routed.put(room_event(1))
    await asyncio.sleep(0)
    assert connecting.get_nowait() == room_event(1)
    routed.route(room(1, connecting))
    routed.put(room_event(1))
    routed.put(room_event(2))
    await asyncio.sleep(0)
    assert connecting.qsize() == 1


def written(request: int) -> FfiEvent:
    event = FfiEvent()
    event.text_stream_writer_write.async_id = request
    return event


def test_every_request_that_is_told_apart_has_an_id() -> None:
    for name in REQUESTS:
        assert hasattr(getattr(FfiResponse(), name), "async_id")


async def test_a_request_hears_its_answer_and_nothing_else() -> None:
    routed = RoutedQueue(FfiQueue())
    everything, first = routed.subscribe(), routed.subscribe()
    routed.expect(1)
    second = routed.subscribe()
    routed.expect(2)
    for event in (room_event(1), written(2), written(1), written(3)):
        routed.put(event)
    await asyncio.sleep(0)
    assert [inbox.qsize() for inbox in (everything, first, second)] == [2, 1, 1]
    assert first.get_nowait() == written(1)
    assert second.get_nowait() == written(2)


async def test_an_answer_that_comes_before_its_request_is_known_is_heard() -> None:
    routed = RoutedQueue(FfiQueue())
    asking = routed.subscribe()
    routed.put(written(1))
    routed.expect(1)
    await asyncio.sleep(0)
    assert asking.get_nowait() == written(1)


async def test_a_request_that_is_given_up_hears_nothing() -> None:
    routed = RoutedQueue(FfiQueue())
    asking = routed.subscribe()
    routed.expect(1)
    routed.unsubscribe(asking)
    everything = routed.subscribe()
    routed.put(written(1))
    await asyncio.sleep(0)
    assert asking.empty()
    assert everything.qsize() == 1


async def test_who_hears_a_choice_of_events_is_no_request() -> None:
    routed = RoutedQueue(FfiQueue())
    reader = routed.subscribe(filter_fn=lambda event: event.WhichOneof("message") == "room_event")
    routed.expect(1)
    routed.put(room_event(1))
    await asyncio.sleep(0)
    assert reader.get_nowait() == room_event(1)
