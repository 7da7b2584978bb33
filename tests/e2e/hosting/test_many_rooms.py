"""Many rooms: spread over workers when they come, and nothing left of them when they went."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time

import pytest

from tests.doubles import FakeOpenAI
from tests.e2e.hosting.rooms import (
    FAULTY_AGENT,
    READY,
    Rooms,
    State,
    agents_ready,
    records,
    state_of,
)
from tests.worker_process import WorkerProcess, running_worker
from worker.devstack.livekit_server import LiveKitServer

BURSTS = [("shared", 50, 30), ("process", 16, 10)]
"""Where rooms run, how many are opened at once, and how many each of two workers takes. A process for
each of 50 rooms would take minutes to start here, and two gigabytes."""

WAVE = 10
WAVES = 20
SLACK = 10
"""Threads and descriptors that come and go. What each wave leaves behind would be more."""
POOL_LIMIT = 32
"""The most threads that asyncio's executor starts, however many cores there are."""
LEFT_SOCKETS = 10 * 32
"""Transport sockets of ten rooms, of 200. On some machines the native side was seen to keep those of
a few rooms, all else of which was gone; nothing here holds them."""
IDLE_DESCRIPTORS = 60
"""More than a worker without rooms has open, its transport's aside."""
SETTLE_LIMIT = 60.0
"""Seconds for the native side to end what it ends by itself, on a busy machine."""


@pytest.mark.parametrize(("isolation", "burst", "most"), BURSTS)
async def test_a_burst_is_shared_by_workers_and_none_takes_more_than_it_may(
    livekit_server: LiveKitServer,
    fake_openai: FakeOpenAI,
    rooms: Rooms,
    isolation: str,
    burst: int,
    most: int,
) -> None:
    settings = {"CHAT_ISOLATION": isolation, "CHAT_MAX_ROOMS": str(most)}
    with (
        running_worker(livekit_server, fake_openai, **settings) as first,
        running_worker(livekit_server, fake_openai, **settings) as second,
    ):
        names = [f"room-{n}" for n in range(burst)]
        await rooms.open(*names)
        with contextlib.suppress(TimeoutError):
            await agents_ready([first, second], names)
        ready = [records(worker, READY) for worker in (first, second)]
    taken = [len(lines) for lines in ready]
    assert sum(taken) == burst, taken
    assert min(taken) > 0
    assert max(taken) <= most
    # The line is logged on an event of the room's, and tells its room by the context of that.
    told = {line["room"] for line in itertools.chain(*ready)}
    assert told == set(names)


async def test_rooms_that_were_closed_leave_nothing_behind(
    livekit_server: LiveKitServer, fake_openai: FakeOpenAI, rooms: Rooms
) -> None:
    with running_worker(
        livekit_server, fake_openai, arguments=FAULTY_AGENT, CHAT_MAX_ROOMS="200"
    ) as worker:

        async def wave(number: int) -> None:
            names = [f"room-{number}-{n}" for n in range(WAVE)]
            await rooms.open(*names)
            await agents_ready([worker], names)
            await rooms.close(*names)

        await wave(0)
        first = await state_without_rooms(worker, rooms)
        for number in range(1, WAVES):
            await wave(number)
        await state_without_rooms(worker, rooms, first)


def _has_no_rooms(state: State) -> bool:
    """Whether the last room's native part, which ends by itself, is gone, too."""
    return (
        not state.rooms
        and state.transport_sockets <= SLACK
        and state.other_descriptors <= IDLE_DESCRIPTORS
    )


def _is_back_at(before: State, state: State) -> bool:
    return (
        not state.rooms
        and state.tasks <= before.tasks + 2
        and state.listeners <= before.listeners
        and state.pool_threads <= POOL_LIMIT
        and state.other_threads <= before.other_threads + SLACK
        and state.transport_sockets <= before.transport_sockets + LEFT_SOCKETS
        and state.other_descriptors <= before.other_descriptors + SLACK
    )


async def state_without_rooms(
    worker: WorkerProcess, rooms: Rooms, before: State | None = None
) -> State:
    """The worker's state once its rooms are gone, and it is back at the state before, if given."""

    def is_wanted(state: State) -> bool:
        return _has_no_rooms(state) if before is None else _is_back_at(before, state)

    deadline = time.monotonic() + SETTLE_LIMIT
    # Another process's doing, which no event here can announce.
    while not is_wanted(state := await state_of(worker)):
        assert time.monotonic() < deadline, f"was {before}, is {state}"
        await rooms.close_again()
        await asyncio.sleep(0.5)
    return state
