"""Events of the SDK reach the room, the stream or the request they are for, and nobody else's."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit import rtc
from livekit.rtc import audio_stream, video_stream
from livekit.rtc._ffi_client import FfiQueue
from livekit.rtc._proto.ffi_pb2 import FfiEvent, FfiRequest, FfiResponse
from livekit.rtc._utils import Queue

from worker.hosting.event_addresses import (
    ANSWERS,
    EVERYBODYS,
    NEW_STREAMS,
    REQUESTS,
    ROOM_ANSWERS,
    ROOM_EVENTS,
    STREAM_EVENTS,
    is_for_all_rooms,
)
from worker.hosting.routed_queue import RoutedQueue, tell


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


def test_of_every_event_that_the_sdk_has_it_is_known_once_whose_it_is() -> None:
    known = [*ROOM_EVENTS, *STREAM_EVENTS, *ROOM_ANSWERS, *ANSWERS, *EVERYBODYS]
    there_are = FfiEvent.DESCRIPTOR.oneofs_by_name["message"].fields
    assert Counter(known) == Counter(field.name for field in there_are), (
        "the SDK has other events: say in worker/hosting/event_addresses.py whose they are"
    )


def test_every_event_has_the_field_that_says_whose_it_is() -> None:
    answers = dict.fromkeys(ANSWERS | ROOM_ANSWERS, "async_id")
    for name, field in {**ROOM_EVENTS, **STREAM_EVENTS, **answers}.items():
        assert getattr(getattr(FfiEvent(), name), field) == 0, name


def test_an_event_of_a_later_sdk_goes_to_everybody() -> None:
    later = SimpleNamespace(WhichOneof=lambda _: "of_a_later_sdk")
    assert is_for_all_rooms(cast("FfiEvent", later))


async def test_a_room_hears_its_own_events_alone() -> None:
    subscribers = Subscribers()
    assert await subscribers.heard(room_event(1)) == [True, False, True]
    assert await subscribers.heard(room_event(2)) == [False, True, True]
    assert await subscribers.heard(room_event(3)) == [False, False, True]


async def test_a_call_reaches_the_participant_it_is_for() -> None:
    assert await Subscribers().heard(rpc(20)) == [False, True, True]


@pytest.mark.parametrize("name", sorted(ANSWERS | STREAM_EVENTS.keys()))
async def test_an_answer_or_a_frame_wakes_no_room(name: str) -> None:
    assert await Subscribers().heard(answer(name)) == [False, False, True]


@pytest.mark.parametrize("name", sorted(ROOM_ANSWERS | {"track_event"}))
async def test_what_says_not_whose_it_is_goes_to_everybody(name: str) -> None:
    assert await Subscribers().heard(answer(name)) == [True, True, True]


@pytest.mark.parametrize("name", sorted(ROOM_ANSWERS))
async def test_what_a_participant_published_is_told_to_its_room_alone(name: str) -> None:
    subscribers = Subscribers()
    request, response, event = FfiRequest(), FfiResponse(), FfiEvent()
    getattr(request, name).local_participant_handle = 20
    getattr(response, name).async_id = getattr(event, name).async_id = 7
    tell(subscribers.routed, request, response)
    assert await subscribers.heard(event) == [False, True, False]
    assert await subscribers.heard(event) == [True, True, True], "it was awaited once"


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


WRITTEN = [("text_stream_writer_write", 1), ("text_stream_writer_write", 2)]


def written(request: int) -> FfiEvent:
    event = FfiEvent()
    event.text_stream_writer_write.async_id = request
    return event


def test_every_request_that_is_told_apart_has_an_id() -> None:
    for name, event in REQUESTS.items():
        assert hasattr(getattr(FfiResponse(), name), "async_id")
        assert event in ANSWERS


async def test_a_request_hears_its_answer_and_nothing_else() -> None:
    routed = RoutedQueue(FfiQueue())
    everything, first = routed.subscribe(), routed.subscribe()
    routed.claim_answer(WRITTEN[0])
    second = routed.subscribe()
    routed.claim_answer(WRITTEN[1])
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
    routed.claim_answer(WRITTEN[0])
    await asyncio.sleep(0)
    assert asking.get_nowait() == written(1)


async def test_a_request_that_is_given_up_hears_nothing() -> None:
    routed = RoutedQueue(FfiQueue())
    asking = routed.subscribe()
    routed.claim_answer(WRITTEN[0])
    routed.unsubscribe(asking)
    everything = routed.subscribe()
    routed.put(written(1))
    await asyncio.sleep(0)
    assert asking.empty()
    assert everything.qsize() == 1


async def test_who_hears_a_choice_of_events_is_no_request() -> None:
    routed = RoutedQueue(FfiQueue())
    reader = routed.subscribe(filter_fn=lambda event: event.WhichOneof("message") == "room_event")
    routed.claim_answer(WRITTEN[0])
    routed.put(room_event(1))
    await asyncio.sleep(0)
    assert reader.get_nowait() == room_event(1)


class NativeSide:
    """Makes streams without a track, with handles from 1 on."""

    def __init__(self) -> None:
        self.queue: FfiQueue[FfiEvent] = FfiQueue()
        self.streams = 0

    def request(self, request: FfiRequest) -> FfiResponse:
        """Make the stream that is asked for."""
        response = FfiResponse()
        self.streams += 1
        name = request.WhichOneof("message")
        assert name in NEW_STREAMS
        getattr(response, name).stream.handle.id = self.streams
        if isinstance(self.queue, RoutedQueue):
            tell(self.queue, request, response)
        return response


@pytest.fixture
def native(monkeypatch: pytest.MonkeyPatch) -> NativeSide:
    side = NativeSide()
    for module in (audio_stream, video_stream):
        monkeypatch.setattr(module, "FfiClient", SimpleNamespace(instance=side))
        # Nothing is dropped of a native side that is not there.
        monkeypatch.setattr(
            module, "FfiHandle", lambda handle: SimpleNamespace(handle=handle, dispose=bool)
        )
    return side


KINDS: list[Any] = [rtc.AudioStream, rtc.VideoStream]

TRACK: Any = SimpleNamespace(
    _ffi_handle=SimpleNamespace(handle=99),
    _register_audio_stream=lambda _: None,
    _unregister_audio_stream=lambda _: None,
)


def frame(kind: Any, handle: int, *, last: bool = False) -> FfiEvent:
    event = FfiEvent()
    of_stream = event.audio_stream_event if kind is rtc.AudioStream else event.video_stream_event
    of_stream.stream_handle = handle
    (of_stream.eos if last else of_stream.frame_received).SetInParent()
    return event


def inboxes(*streams: Any) -> list[list[int]]:
    """The handles of the events that came for each of these streams; they are taken out."""
    found: list[list[int]] = []
    for stream in streams:
        found.append([])
        while not stream._ffi_queue.empty():
            event = stream._ffi_queue.get_nowait()
            found[-1].append(getattr(event, event.WhichOneof("message")).stream_handle)
    return found


async def stopped(*streams: Any) -> None:
    """Keep streams from reading, so that what came for them can be looked at."""
    for stream in streams:
        stream._task.cancel()
    await asyncio.gather(*(stream._task for stream in streams), return_exceptions=True)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_frame_reaches_its_stream_alone(native: NativeSide, kind: Any) -> None:
    native.queue = routed = RoutedQueue(native.queue)
    streams = [kind(TRACK), kind.from_participant(participant=TRACK, track_source=2), kind(TRACK)]
    await stopped(*streams)
    everything = routed.subscribe()
    for handle in (1, 2, 2, 3):
        routed.put(frame(kind, handle))
    await asyncio.sleep(0)
    assert inboxes(*streams) == [[1], [2, 2], [3]]
    assert everything.empty(), "a request that waits for its answer is not woken by frames"


@pytest.mark.parametrize("kind", KINDS)
async def test_a_stream_from_before_the_routing_hears_its_frames(
    native: NativeSide, kind: Any
) -> None:
    before = kind(TRACK)
    native.queue = routed = RoutedQueue(native.queue)
    after = kind(TRACK)
    await stopped(before, after)
    for handle in (1, 2):
        routed.put(frame(kind, handle))
    await asyncio.sleep(0)
    assert inboxes(before, after) == [[1], [2]]


async def test_a_stream_is_served_on_the_loop_it_was_made_for(native: NativeSide) -> None:
    native.queue = routed = RoutedQueue(native.queue)
    loop = asyncio.get_running_loop()
    # In that thread there is no event loop, and something else subscribes here meanwhile.
    made: list[Any] = []
    making = threading.Thread(target=lambda: made.append(rtc.AudioStream(TRACK, loop=loop)))
    making.start()
    making.join()
    other = routed.subscribe()
    await stopped(*made)
    threading.Thread(target=routed.put, args=(frame(rtc.AudioStream, 1),)).start()
    assert (await made[0]._ffi_queue.get()).audio_stream_event.stream_handle == 1
    assert other.empty()


async def test_frames_are_heard_until_the_stream_ends(native: NativeSide) -> None:
    native.queue = routed = RoutedQueue(native.queue)
    stream, other = rtc.AudioStream(TRACK), rtc.AudioStream(TRACK)
    routed.put(frame(rtc.AudioStream, 1, last=True))
    assert [heard async for heard in stream] == []
    await stream.aclose()
    await stopped(other)
    routed.put(frame(rtc.AudioStream, 1))
    routed.put(frame(rtc.AudioStream, 2))
    await asyncio.sleep(0)
    assert inboxes(stream, other) == [[], [2]]
    assert list(routed._inboxes) == [("audio_stream_event", 2)]


async def test_who_subscribed_for_something_else_is_no_stream() -> None:
    routed = RoutedQueue(FfiQueue())
    reader = routed.subscribe(filter_fn=lambda event: event.WhichOneof("message") == "room_event")
    routed.claim_stream(("audio_stream_event", 1))
    routed.put(room_event(1))
    await asyncio.sleep(0)
    assert reader.get_nowait() == room_event(1)


def test_a_closed_loop_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    loop = asyncio.new_event_loop()
    routed = RoutedQueue(FfiQueue())
    routed.subscribe(loop)
    routed.claim_answer(WRITTEN[0])
    inbox = routed.subscribe(loop)
    routed.route(room(1, inbox))
    loop.close()
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            routed.put(room_event(1))
    assert caplog.messages == ["events for a closed event loop dropped"]
