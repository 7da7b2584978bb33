"""Microphones come and go: the worker is afterwards what it was before."""

from __future__ import annotations

import psutil

from tests.doubles import FakeOpenAI
from tests.e2e.speech.sound import silence
from tests.e2e.speech.speaker import Speaker
from tests.e2e.speech.stage import Stage
from tests.e2e.speech.voices import say
from tests.waiting import eventually

CYCLES = 60
WARMING_UP = 10
"""Cycles after which everything is there that there is only one of."""

THREADS = 3
"""That may come and go by themselves."""

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


async def test_rooms_with_a_voice_leave_nothing(speaking: Stage, llm: FakeOpenAI) -> None:
    worker = psutil.Process(speaking.worker.pid)
    before = 0
    for number in range(8):
        async with speaking.anew().enter("ada") as ada:
            await ada.open_microphone()
            await ada.say("hello")
            await ada.sees("You said: hello")
            await ada.hears_it_all(quiet=0.2)
        if number == 3:
            before = worker.num_threads()
    await eventually(lambda: worker.num_threads() <= before + THREADS, 20)
