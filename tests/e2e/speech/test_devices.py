"""What clients do to microphones: they toggle, double, exchange and reconnect them while people speak."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from livekit import rtc

from tests.doubles import FakeOpenAI, Reply
from tests.e2e.people import introduce
from tests.e2e.speech.microphone import Microphone
from tests.e2e.speech.sound import silence
from tests.e2e.speech.speaker import SETTLING
from tests.e2e.speech.stage import Stage, asked
from tests.e2e.speech.voices import HIGH, LOW, say, words_of
from tests.waiting import eventually

TEA = "I would like a cup of green tea."
MOON = "How far away is the moon?"
RIVER = "My sister lives near the river."
FRANCE = "Assistant, what is the capital of France?"
HONEY = "Assistant, how do bees make honey?"

PAUSE = silence(0.15)
"""Too short to end anything."""


async def test_a_microphone_that_is_toggled_all_the_time_is_heard_when_that_ends(
    listening: Stage, llm: FakeOpenAI
) -> None:
    async with listening.enter("ada") as ada:
        microphone = await ada.open_microphone()
        for _ in range(20):
            await microphone.play(say(TEA).first(0.1))
            microphone.flicker()
        # What was said was cut up, and may be anything, but it ends by itself.
        await ada.play(silence(2))
        await eventually(lambda: all(bubble.is_final for bubble in ada.heard), 10)
        before = len(ada.heard)
        await ada.speak(MOON)
        await ada.sees_said("ada", MOON)
        await ada.sees(f"You said: {MOON}")
        assert len(ada.heard) == before + 1


async def test_who_has_two_microphones_says_something_into_each(
    listening: Stage, llm: FakeOpenAI
) -> None:
    async with listening.enter("ada") as ada:
        await ada.open_microphone()
        other = Microphone(ada.room)
        await other.publish()
        await eventually(lambda: other.is_heard, 10)
        await other.play(silence(SETTLING))
        await asyncio.gather(ada.speak(f"{TEA} {RIVER}"), other.play(say(MOON, LOW)))
        assert ada.microphone is not None
        said = await ada.sees_said("ada", f"{TEA} {RIVER}")
        also = await ada.sees_said("ada", MOON)
        assert (said.track_sid, also.track_sid) == (ada.microphone.sid, other.sid)
        # Whichever is second, the first is remembered.
        await eventually(
            lambda: all(text in str(llm.requests[-1:]) for text in (TEA, RIVER, MOON)), 10
        )
        await other.aclose()


async def test_what_is_said_until_the_agent_comes_is_not_waited_for(
    listening: Stage, llm: FakeOpenAI
) -> None:
    async with listening.enter("ada", wait=False) as ada:
        speech = sum((say(text) + PAUSE for text in (MOON, TEA, RIVER) * 2), silence(0))
        await ada.open_microphone(speech)
        await eventually(lambda: llm.requests and any(b.is_final for b in ada.heard), 40)
        (bubble,) = ada.heard
        assert words_of(bubble.text)[-13:] == words_of(f"{TEA} {RIVER}")[-13:]
        assert asked(llm) == [bubble.text]


async def test_a_client_that_reconnects_in_the_middle_of_a_sentence_goes_on_with_it(
    listening: Stage, llm: FakeOpenAI
) -> None:
    async with listening.enter("ada") as ada:
        microphone = await ada.open_microphone()
        connected = asyncio.Event()
        ada.room.on("reconnected", connected.set)
        await microphone.begin(say(TEA).first(1))
        rest = microphone.begin(say(TEA).after(1) + PAUSE + say(RIVER))
        await ada.room.simulate_scenario(rtc.SimulateScenarioKind.SIMULATE_SIGNAL_RECONNECT)
        await eventually(connected, 20)
        await rest
        await eventually(lambda: llm.requests and any(b.is_final for b in ada.heard), 10)
        (bubble,) = ada.heard
        # Some sound may be lost on the way, just then.
        words = words_of(bubble.text)
        assert (words[:3], words[-6:]) == (words_of(TEA)[:3], words_of(RIVER))
        assert asked(llm) == [bubble.text]


async def test_six_people_with_open_microphones_of_whom_two_speak_at_once(
    listening: Stage, llm: FakeOpenAI
) -> None:
    async with AsyncExitStack() as room:
        people = [
            await room.enter_async_context(listening.enter(name, voice=voice))
            for name, voice in zip("abcdef", (HIGH, LOW) * 3, strict=True)
        ]
        await introduce(llm, people[0])
        llm.script = lambda _: Reply(["To both."])
        await asyncio.gather(*(person.open_microphone() for person in people))
        await asyncio.gather(people[0].speak(FRANCE), people[3].speak(HONEY))
        for reader in people:
            await reader.sees_said("a", FRANCE)
            await reader.sees_said("d", HONEY)
            await reader.sees("To both.")
            assert len(reader.heard) == 2
        assert len(llm.requests) <= 2
