"""What is spoken has the limits of what is typed, and microphones have one of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import prompts
from tests.doubles import FakeOpenAI
from tests.doubles.speech import FakeSpeech
from tests.e2e.speech.sound import silence
from tests.e2e.speech.speaker import AGENT, Speaker
from tests.e2e.speech.stage import House, asked, open_house
from tests.e2e.speech.voices import say

MICROPHONES = 1
PER_MINUTE = 2
BYTES = 1_000
TOO_MANY = prompts.load("notice_too_many_messages")
TOO_LONG = prompts.load("notice_message_too_long")
NOT_HEARD = prompts.load("notice_too_many_microphones")
TEA = "I would like a cup of green tea."


@pytest.fixture(scope="module")
def speech() -> Iterator[FakeSpeech]:
    with FakeSpeech() as service:
        yield service


@pytest.fixture(scope="module")
def house(shared_llm: FakeOpenAI, speech: FakeSpeech) -> Iterator[House]:
    with open_house(
        shared_llm,
        speech.base_url,
        "listen",
        CHAT_MAX_MICROPHONES=str(MICROPHONES),
        CHAT_MAX_MESSAGES_PER_MINUTE=str(PER_MINUTE),
        CHAT_MAX_MESSAGE_BYTES=str(BYTES),
    ) as house:
        yield house


async def say_it(speaker: Speaker) -> None:
    """Say something, and be silent as long as it takes to have said it."""
    await speaker.play(say(TEA) + silence(1.4))


async def test_a_microphone_too_many_is_refused_in_one_line_until_another_closes(
    house: House, llm: FakeOpenAI, speech: FakeSpeech
) -> None:
    speech.hear = lambda _: "Green tea, please."
    here, there = house.stage(), house.stage()
    async with here.enter("ada") as ada, there.enter("bob") as bob:
        await ada.open_microphone()
        microphone = await bob.open_microphone(silence(0.1))
        await bob.follows((AGENT, NOT_HEARD))
        assert not microphone.is_heard
        await bob.ask_and_see("typed")
        assert not ada.conversation
        assert ada.microphone is not None
        await ada.microphone.unpublish()
        await microphone.unpublish()
        await bob.open_microphone()
        await say_it(bob)
        await bob.sees("You said: Green tea, please.")


async def test_an_utterance_counts_as_a_message(
    house: House, llm: FakeOpenAI, speech: FakeSpeech
) -> None:
    speech.hear = lambda _: "Green tea, please."
    async with house.stage().enter("ada") as ada:
        await ada.open_microphone()
        await ada.ask_and_see("typed")
        await say_it(ada)
        await ada.sees("You said: Green tea, please.")
        await say_it(ada)
        await ada.sees(TOO_MANY)
        assert asked(llm) == ["typed", "Green tea, please."]


async def test_an_utterance_may_be_as_long_as_a_message(
    house: House, llm: FakeOpenAI, speech: FakeSpeech
) -> None:
    # So many letters could not be said in the time; they would not be believed.
    speech.hear = lambda _: f"Tea, please: {'🍵' * (BYTES // 4)}"
    async with house.stage().enter("ada") as ada:
        await ada.open_microphone()
        await say_it(ada)
        await ada.sees(TOO_LONG)
        assert not llm.requests
