"""How rooms are listened to that are not as usual: encrypted, in processes of their own, as they are told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from livekit import rtc

import prompts
from tests.doubles import FakeOpenAI
from tests.e2e.speech.sound import silence
from tests.e2e.speech.speaker import AGENT
from tests.e2e.speech.stage import House, open_house
from tests.e2e.speech.voices import say, words_of
from tests.speech_service import SpeechService
from tests.waiting import eventually
from tests.worker_process import AGENT as START

KEY = "a key for everybody"
TEA = "I would like a cup of green tea."
MOON = "How far away is the moon?"
RIVER = "My sister lives near the river."


@pytest.fixture(scope="module")
def house(shared_llm: FakeOpenAI, speech_service: SpeechService) -> Iterator[House]:
    """Where nobody is listened to, unless a dispatch says so."""
    with open_house(
        shared_llm,
        speech_service.base_url,
        "off",
        CHAT_ISOLATION="process",
        CHAT_E2EE_KEY=KEY,
        CHAT_VOICE_PAUSE="0.5",
    ) as house:
        yield house


def encryption() -> rtc.E2EEOptions:
    return rtc.E2EEOptions(key_provider_options=rtc.KeyProviderOptions(shared_key=KEY.encode()))


async def test_a_dispatch_has_an_encrypted_room_listened_to_in_a_process_of_its_own(
    house: House, llm: FakeOpenAI
) -> None:
    stage = await house.stage_for({"chat.voice": "listen"})
    async with stage.enter("ada", encryption=encryption()) as ada:
        await ada.open_microphone()
        # The pause is longer than the one that was chosen, and shorter than the usual one.
        await ada.play(say(TEA) + silence(0.9) + say(MOON))
        await ada.sees(f"You said: {TEA}", f"You said: {MOON}")
        # With encryption nobody can be shown as another's sender: the text says who it was.
        shown = [words_of(bubble.text) for bubble in ada.heard]
        assert shown == [words_of(f"ada: {text}") for text in (TEA, MOON)]


async def test_a_dispatch_has_a_room_not_listened_to(
    listening_house: House, llm: FakeOpenAI
) -> None:
    stage = await listening_house.stage_for({"chat.voice": "off"})
    async with stage.enter("ada") as ada:
        microphone = await ada.open_microphone(say(MOON))
        await ada.ask("typed")
        assert not microphone.is_heard


async def test_without_a_word_of_the_dispatch_the_setting_counts(
    house: House, llm: FakeOpenAI
) -> None:
    async with house.stage().enter("ada", encryption=encryption()) as ada:
        microphone = await ada.open_microphone(say(MOON))
        await ada.ask("typed")
        assert not microphone.is_heard


async def test_an_agent_that_has_to_leave_shows_what_was_said_until_then(
    llm: FakeOpenAI, speech_service: SpeechService
) -> None:
    drained = (*START, "--drain-timeout", "1")
    with open_house(llm, speech_service.base_url, "listen", arguments=drained) as house:
        async with house.stage().enter("ada") as ada:
            microphone = await ada.open_microphone()
            await microphone.begin(say(TEA).first(1))
            microphone.begin(
                say(TEA).after(1) + sum((silence(0.15) + say(RIVER) for _ in range(4)), silence(0))
            )
            house.worker.ask_to_end()
            await ada.sees(prompts.load("notice_shut_down"))
            (bubble,) = ada.heard
            assert bubble.is_final
            # At the edges of a sound that is cut off the model may guess a word more.
            assert " ".join(words_of(TEA)) in " ".join(words_of(bubble.text))
            assert ada.conversation[-1] == (AGENT, prompts.load("notice_shut_down"))
            await eventually(lambda: ada.agent is None, 10)
            assert await asyncio.to_thread(house.worker.wait_for_end, 30) is not None
        assert not llm.requests
