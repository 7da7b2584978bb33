"""Microphones come and go: the worker is afterwards what it was before."""

from __future__ import annotations

import asyncio

import psutil
from livekit import api

from tests.doubles import FakeOpenAI
from tests.e2e.speech.sound import silence
from tests.e2e.speech.speaker import Speaker
from tests.e2e.speech.stage import House, Stage
from tests.e2e.speech.voices import say
from tests.waiting import POLL_INTERVAL, eventually

CYCLES = 60
WARMING_UP = 10
"""Cycles after which everything is there that there is only one of."""

THREADS = 3
"""That may come and go by themselves."""

WARMING_UP_ROOMS = 2
ROOMS = 6
"""More than `THREADS`: each would leave one."""

MEMORY = 12 * 2**20
"""Bytes: that of an allocator which has not settled, and much less than a leak of 0.3 MB a track."""

MOON = "How far away is the moon?"


async def _one_cycle(ada: Speaker) -> None:
    microphone = await ada.open_microphone()
    await ada.play(say("Stop.").first(0.3) + silence(0.05))
    await microphone.unpublish()


async def test_published_and_unpublished_microphones_leave_nothing(
    speaking: Stage, llm: FakeOpenAI
) -> None:
    worker = psutil.Process(speaking.worker.pid)
    async with speaking.enter("ada") as ada:
        await ada.open_microphone()
        await ada.speak(MOON)
        await ada.sees(f"You said: {MOON}")
        await ada.hears_it_all()
        assert ada.microphone is not None
        await ada.microphone.unpublish()
        for _ in range(WARMING_UP):
            await _one_cycle(ada)
        threads, memory = worker.num_threads(), worker.memory_info().rss
        for _ in range(CYCLES):
            await _one_cycle(ada)
        await eventually(lambda: worker.num_threads() <= threads + THREADS, 10)
        assert worker.memory_info().rss - memory < MEMORY
        await ada.open_microphone()
        await ada.speak(MOON)
        await eventually(lambda: ada.own_words[-1:] == [MOON], 15)


async def test_rooms_with_a_voice_leave_nothing(speaking_house: House, llm: FakeOpenAI) -> None:
    server = speaking_house.server
    url = server.url.replace("ws", "http", 1)
    worker = psutil.Process(speaking_house.worker.pid)
    async with api.LiveKitAPI(url, server.api_key, server.api_secret) as livekit:
        await _speak_in(livekit, speaking_house, WARMING_UP_ROOMS)
        threads = worker.num_threads()
        await _speak_in(livekit, speaking_house, ROOMS)
        await eventually(lambda: worker.num_threads() <= threads + THREADS, 20)


async def _speak_in(livekit: api.LiveKitAPI, house: House, rooms: int) -> None:
    """Be spoken to in one room after the other; each one is ended by the server once it is empty."""
    stages = [house.stage() for _ in range(rooms)]
    for stage in stages:
        # A room that ends before its agent has taken its voice back leaves a thread, see docs/hosting.md.
        request = api.CreateRoomRequest(name=stage.door.room_name, departure_timeout=5)
        await livekit.room.create_room(request)
        async with stage.enter("ada") as ada:
            await ada.say("hello")
            await ada.hears_it_all(quiet=0.2)
    names = [stage.door.room_name for stage in stages]
    async with asyncio.timeout(30):
        # The server tells nobody outside when a room has ended.
        while (await livekit.room.list_rooms(api.ListRoomsRequest(names=names))).rooms:  # noqa: ASYNC110
            await asyncio.sleep(POLL_INTERVAL)
