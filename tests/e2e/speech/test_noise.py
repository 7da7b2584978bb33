"""What a microphone hears that is no speech: it asks nothing, shows nothing, and costs no request."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.doubles import FakeOpenAI
from tests.doubles.speech import FakeSpeech
from tests.e2e.speech.sound import Sound, clicks, cough, music, noise, silence
from tests.e2e.speech.speaker import AGENT, SpokenBubble
from tests.e2e.speech.stage import House, Stage, open_house

GHOST = "Thank you."
"""What transcribers hear in silence."""

MOON = "How far away is the moon?"


@pytest.fixture(scope="module")
def credulous() -> Iterator[FakeSpeech]:
    """A transcriber that hears words in everything."""
    with FakeSpeech(hear=lambda _: GHOST) as service:
        yield service


@pytest.fixture(scope="module")
def house(shared_llm: FakeOpenAI, credulous: FakeSpeech) -> Iterator[House]:
    with open_house(shared_llm, credulous.base_url, "listen") as house:
        yield house


SOUNDS = {
    "silence": silence(6),
    "a fan": noise(6, 0.01),
    "a street": noise(6, 0.1),
    "a keyboard": clicks(6),
    "coughs": cough() + silence(1.5) + cough() + silence(1.5),
    "music": music(8),
}

MOST_REQUESTS = 5
"""For all of them together: some music, a cough, and the keyboard may be taken for speech at first."""


async def test_it_asks_nothing_even_of_a_transcriber_with_ghosts(
    house: House, credulous: FakeSpeech, llm: FakeOpenAI
) -> None:
    credulous.sounds.clear()

    async def hear(sound: Sound) -> list[SpokenBubble]:
        async with house.stage().enter("ada") as ada:
            await ada.open_microphone()
            await ada.play(sound + silence(1.5))
            await ada.ask("typed")
            return ada.heard

    # Each in a room of its own, all at the same time.
    heard = await asyncio.gather(*map(hear, SOUNDS.values()))
    assert [name for name, shown in zip(SOUNDS, heard, strict=True) if shown] == []
    assert len(llm.requests) == len(SOUNDS)
    assert len(credulous.sounds) <= MOST_REQUESTS


@pytest.mark.parametrize("background", [noise(6, 0.01), music(6, 0.05), clicks(6, 0.1)])
async def test_speech_is_understood_in_spite_of_it(
    listening: Stage, llm: FakeOpenAI, background: Sound
) -> None:
    async with listening.enter("ada") as ada:
        microphone = await ada.open_microphone()
        microphone.overhear(background)
        await ada.play(silence(1))
        await ada.speak(MOON)
        await ada.sees_said("ada", MOON)
        await ada.sees(f"You said: {MOON}")
        assert len(ada.heard) == 1
        assert (AGENT, f"You said: {MOON}") in ada.conversation
