"""The speech service fails: whoever speaks is told in one line, and typed chat goes on as ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from tests.doubles import FakeOpenAI, Reply, words
from tests.doubles.speech import FakeSpeech, Line, SpeechReply
from tests.doubles.speech import Sound as HeardSound
from tests.e2e.scripts import in_turn
from tests.e2e.speech.sound import Sound, silence
from tests.e2e.speech.speaker import AGENT, Speaker
from tests.e2e.speech.stage import House, asked, open_house
from tests.e2e.speech.voices import say
from tests.waiting import eventually

TEA = "I would like a cup of green tea."
ANSWER = "My sister lives near the river. The meeting begins at nine o'clock."

FAILING = {
    "fails": SpeechReply(status=500),
    "wants to be left alone": SpeechReply(status=429, headers={"Retry-After": "20"}),
    "rejects the key": SpeechReply(status=401),
    "has no such model": SpeechReply(status=404),
    "hangs up": SpeechReply(cut=True),
    "sends nonsense": SpeechReply(body=b"<html>nginx</html>"),
}

MOST_REQUESTS = 3
"""For two sentences: the second may find the service out of order, and is not sent at all."""


@pytest.fixture
def speech() -> Iterator[FakeSpeech]:
    with FakeSpeech() as service:
        yield service


@pytest.fixture
def house(llm: FakeOpenAI, speech: FakeSpeech) -> Iterator[House]:
    """A worker of the test's own: it remembers how well the service works."""
    with open_house(llm, speech.base_url, "speak") as house:
        yield house


def agent_lines(speaker: Speaker) -> list[str]:
    return [text for who, text in speaker.conversation if who == AGENT]


def grunt() -> Sound:
    """A noise of somebody's throat, which is speech by half."""
    return say("Mhm.").slower(2.2)


async def say_it(speaker: Speaker) -> None:
    """Say something, and be silent as long as it takes to have said it."""
    await speaker.play(say(TEA) + silence(1.4))


@pytest.mark.parametrize("trouble", FAILING)
async def test_who_is_not_understood_is_told_once_and_can_type(
    house: House, llm: FakeOpenAI, speech: FakeSpeech, trouble: str
) -> None:
    speech.hear = lambda _: FAILING[trouble]
    stage, elsewhere = house.stage(), house.stage()
    async with stage.enter("ada") as ada, elsewhere.enter("bob") as bob:
        await ada.open_microphone()
        await say_it(ada)
        await eventually(lambda: agent_lines(ada), 15)
        await say_it(ada)
        await ada.ask_and_see("typed")
        assert len(agent_lines(ada)) == 2, agent_lines(ada)
        assert "\n" not in agent_lines(ada)[0]
        assert not ada.own_words
        assert asked(llm) == ["typed"]
        assert len(speech.sounds) <= MOST_REQUESTS
        await bob.ask("I know nothing of it")
        assert len(agent_lines(bob)) == 1


async def test_only_who_spoke_is_told(house: House, llm: FakeOpenAI, speech: FakeSpeech) -> None:
    speech.hear = lambda _: SpeechReply(status=500)
    stage = house.stage()
    async with stage.enter("ada") as ada, stage.enter("bob") as bob:
        await ada.open_microphone()
        await say_it(ada)
        await eventually(lambda: agent_lines(ada), 15)
        await bob.ask("hello")
        assert agent_lines(bob) == ["You said: hello"]


async def test_a_service_that_does_not_respond_is_not_waited_for_for_ever(
    house: House, llm: FakeOpenAI, speech: FakeSpeech
) -> None:
    speech.hear = lambda _: SpeechReply("Too late.", delay=60)
    async with house.stage().enter("ada") as ada:
        await ada.open_microphone()
        await say_it(ada)
        await ada.ask_and_see("typed meanwhile")
        await eventually(lambda: len(agent_lines(ada)) == 2, 40)
        assert asked(llm) == ["typed meanwhile"]
        await eventually(lambda: speech.cancelled)


async def test_a_slow_service_delays_words_and_does_not_turn_them_into_two(
    house: House, llm: FakeOpenAI, speech: FakeSpeech
) -> None:
    speech.hear = lambda sound: SpeechReply(f"Sentence {sound.number}.", delay=4 / sound.number)
    async with house.stage().enter("ada") as ada:
        await ada.open_microphone()
        await ada.play(say(TEA) + silence(0.8) + say(TEA) + silence(1.4))
        await ada.follows(
            ("ada", "Sentence 1. Sentence 2."), (AGENT, "You said: Sentence 1. Sentence 2.")
        )
        assert asked(llm) == ["Sentence 1. Sentence 2."]


async def test_one_failure_is_tried_again(
    house: House, llm: FakeOpenAI, speech: FakeSpeech
) -> None:
    def hear(sound: HeardSound) -> SpeechReply:
        return SpeechReply(status=500) if sound.number == 1 else SpeechReply("Green tea, please.")

    speech.hear = hear
    async with house.stage().enter("ada") as ada:
        await ada.open_microphone()
        await say_it(ada)
        await ada.follows(("ada", "Green tea, please."), (AGENT, "You said: Green tea, please."))


async def test_ears_work_again_when_the_service_does(
    house: House, llm: FakeOpenAI, speech: FakeSpeech
) -> None:
    speech.hear = lambda _: SpeechReply(status=500)
    async with house.stage().enter("ada") as ada:
        await ada.open_microphone()
        await say_it(ada)
        await eventually(lambda: agent_lines(ada), 15)
        speech.hear = lambda _: "Green tea, please."
        for _ in range(6):
            await say_it(ada)
            if ada.own_words:
                break
        await ada.sees("You said: Green tea, please.")


@pytest.mark.parametrize("trouble", FAILING)
async def test_a_reply_that_cannot_be_spoken_is_written_all_the_same(
    house: House, llm: FakeOpenAI, speech: FakeSpeech, trouble: str
) -> None:
    speech.speak = _always(FAILING[trouble])
    llm.script = in_turn(Reply(words(ANSWER)))
    async with house.stage().enter("ada") as ada:
        await ada.open_microphone()
        await ada.say("tell me")
        await ada.sees(ANSWER)
        await ada.ask_and_see("and now")
        assert len(speech.lines) <= 2 * MOST_REQUESTS
        assert ada.agent_state == "listening"


async def test_a_voice_that_never_comes_does_not_hold_up_the_next_reply(
    house: House, llm: FakeOpenAI, speech: FakeSpeech
) -> None:
    speech.speak = _always(SpeechReply("late", delay=60))
    async with house.stage().enter("ada") as ada:
        await ada.open_microphone()
        for text in ("one", "two", "three"):
            await ada.ask_and_see(text)


@pytest.mark.parametrize("text", ["Thank you.", "Thanks for watching!", "[Music]", "Mhm.", ""])
async def test_a_ghost_of_the_transcriber_is_nobodys_words(
    house: House, llm: FakeOpenAI, speech: FakeSpeech, text: str
) -> None:
    speech.hear = lambda _: text
    async with house.stage().enter("ada") as ada:
        await ada.open_microphone()
        await ada.play(grunt() + silence(1.4) + grunt() + silence(1.4))
        await ada.ask_and_see("typed")
        assert not ada.heard
        assert asked(llm) == ["typed"]


async def test_words_of_any_language_are_passed_on_and_none_is_asked_for(
    house: House, llm: FakeOpenAI, speech: FakeSpeech
) -> None:
    german = "Wie spät ist es in Köln?"
    speech.hear = lambda _: german
    async with house.stage().enter("ada") as ada:
        await ada.open_microphone()
        await say_it(ada)
        await ada.follows(("ada", german), (AGENT, f"You said: {german}"))
        assert "language" not in speech.sounds[0].fields


async def test_the_language_that_is_set_is_asked_for(llm: FakeOpenAI, speech: FakeSpeech) -> None:
    with open_house(llm, speech.base_url, "listen", CHAT_VOICE_LANGUAGE="de") as house:
        async with house.stage().enter("ada") as ada:
            await ada.open_microphone()
            await say_it(ada)
            await ada.sees("You said: Sentence 1.")
            assert speech.sounds[0].fields["language"] == "de"


async def test_an_llm_service_without_speech_is_told_of_once(llm: FakeOpenAI) -> None:
    with open_house(llm, llm.base_url, "listen") as house:
        async with house.stage().enter("ada") as ada:
            await ada.open_microphone()
            await say_it(ada)
            await eventually(lambda: agent_lines(ada), 15)
            await say_it(ada)
            await ada.ask_and_see("typed")
            assert len(agent_lines(ada)) == 2
        await asyncio.to_thread(house.worker.wait_for_log, "the speech service does not work")


def _always(reply: SpeechReply) -> Callable[[Line], SpeechReply]:
    return lambda _: reply
