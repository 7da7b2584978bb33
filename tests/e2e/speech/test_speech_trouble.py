"""The speech service fails: whoever speaks is told in one line, and typed chat goes on as ever."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

import prompts
from tests.doubles import FakeOpenAI
from tests.doubles.speech import FakeSpeech, Line, Sound, SpeechReply, numbered, spoken
from tests.e2e.hosting.rooms import records
from tests.e2e.speech.sound import silence
from tests.e2e.speech.speaker import AGENT, Speaker
from tests.e2e.speech.stage import House, asked, open_house
from tests.e2e.speech.voices import say
from tests.waiting import eventually
from worker.devstack.livekit_server import LiveKitServer

TEA = "I would like a cup of green tea."
ANSWER = "My sister lives near the river. The meeting begins at nine o'clock."

NOT_HEARD = prompts.load("notice_not_heard")
NOT_HEARD_OPERATOR = prompts.load("notice_not_heard_operator")
NOT_SPOKEN = prompts.load("notice_not_spoken")

FAILING = {
    "fails": (SpeechReply(status=500), NOT_HEARD),
    "wants to be left alone": (SpeechReply(status=429, headers={"Retry-After": "20"}), NOT_HEARD),
    "rejects the key": (SpeechReply(status=401), NOT_HEARD_OPERATOR),
    "hangs up": (SpeechReply(cut=True), NOT_HEARD),
    "sends a page": (SpeechReply(body=b"<html>nginx</html>"), NOT_HEARD),
}
"""What is wrong with the service, and what people read who are not understood."""

GHOSTS = ["Thanks for watching!", "[Music]", "Mhm.", ""]
"""What transcribers hear in sound that is like speech."""

MOST_REQUESTS = 3
"""For two sentences: the first is tried again, the second may find out whether the outage is over."""


@pytest.fixture
def speech() -> Iterator[FakeSpeech]:
    with FakeSpeech() as service:
        yield service


@pytest.fixture(scope="module")
def server() -> Iterator[LiveKitServer]:
    """It has one worker at a time."""
    with LiveKitServer.start() as server:
        yield server


@pytest.fixture
def house(llm: FakeOpenAI, speech: FakeSpeech, server: LiveKitServer) -> Iterator[House]:
    """A worker of the test's own: it remembers how well the service works."""
    with open_house(llm, speech.base_url, "speak", server=server) as house:
        yield house


@pytest.fixture(scope="module")
def all_lines() -> Iterator[FakeSpeech]:
    with FakeSpeech() as service:
        yield service


@pytest.fixture(scope="module")
def well_house(shared_llm: FakeOpenAI, all_lines: FakeSpeech) -> Iterator[House]:
    with open_house(shared_llm, all_lines.base_url, "listen") as house:
        yield house


@pytest.fixture
def well(all_lines: FakeSpeech) -> FakeSpeech:
    """The service of `well_house`. It must have no outage, as others are served after it."""
    all_lines.hear, all_lines.speak = numbered, spoken
    all_lines.sounds.clear()
    return all_lines


def agent_lines(speaker: Speaker) -> list[str]:
    return [text for who, text in speaker.conversation if who == AGENT]


async def say_it(speaker: Speaker) -> None:
    """Say something, and be silent as long as it takes to have said it."""
    await speaker.play(say(TEA) + silence(1.4))


@pytest.mark.parametrize("trouble", FAILING)
async def test_people_are_told_once_and_go_on_in_writing(
    house: House, llm: FakeOpenAI, speech: FakeSpeech, trouble: str
) -> None:
    reply, notice = FAILING[trouble]
    speech.hear, speech.speak = lambda _: reply, lambda _: reply
    stage, elsewhere = house.stage(), house.stage()
    async with stage.enter("ada") as ada, elsewhere.enter("bob") as bob:
        await ada.open_microphone()
        await say_it(ada)
        await ada.sees(notice)
        await say_it(ada)
        await ada.ask_and_see("typed")
        await ada.sees(NOT_SPOKEN)
        await ada.ask_and_see("and again")
        await eventually(lambda: ada.agent_state == "listening")
        told = [NOT_SPOKEN, notice, "You said: and again", "You said: typed"]
        assert sorted(agent_lines(ada)) == sorted(told)
        assert not ada.own_words
        assert asked(llm) == ["typed", "and again"]
        assert len(speech.sounds) <= MOST_REQUESTS, [each.seconds for each in speech.sounds]
        assert len(speech.lines) <= MOST_REQUESTS, [each.text for each in speech.lines]
        assert notice not in agent_lines(bob)


async def test_each_of_two_who_are_not_understood_is_told(
    house: House, llm: FakeOpenAI, speech: FakeSpeech
) -> None:
    speech.hear = lambda _: SpeechReply(status=500)
    stage = house.stage()
    async with stage.enter("ada") as ada, stage.enter("bob") as bob:
        for speaker in (ada, bob):
            await speaker.open_microphone()
            await say_it(speaker)
        await eventually(lambda: len(agent_lines(bob)) == 2, 15)
        await say_it(ada)
        await bob.ask_and_see("Assistant, hello")
        # What one of them sees may still be on its way to the other.
        await eventually(lambda: len(agent_lines(ada)) == 3)
        assert agent_lines(ada)[:2] == [NOT_HEARD, NOT_HEARD]


async def test_a_service_that_does_not_respond_is_not_waited_for_for_ever(
    house: House, llm: FakeOpenAI, speech: FakeSpeech
) -> None:
    speech.hear = lambda _: SpeechReply("Too late.", delay=60)
    async with house.stage().enter("ada") as ada:
        await ada.open_microphone()
        await say_it(ada)
        await ada.ask_and_see("typed meanwhile")
        await eventually(lambda: NOT_HEARD in agent_lines(ada), 40)
        assert asked(llm) == ["typed meanwhile"]
        await eventually(lambda: speech.cancelled)


async def test_a_slow_service_delays_words_and_does_not_turn_them_into_two(
    well_house: House, llm: FakeOpenAI, well: FakeSpeech
) -> None:
    well.hear = lambda sound: SpeechReply(f"Sentence {sound.number}.", delay=4 / sound.number)
    async with well_house.stage().enter("ada") as ada:
        await ada.open_microphone()
        await ada.play(say(TEA) + silence(0.8) + say(TEA) + silence(1.4))
        await ada.follows(
            ("ada", "Sentence 1. Sentence 2."), (AGENT, "You said: Sentence 1. Sentence 2.")
        )
        assert asked(llm) == ["Sentence 1. Sentence 2."]


async def test_one_failure_is_tried_again(
    well_house: House, llm: FakeOpenAI, well: FakeSpeech
) -> None:
    def hear(sound: Sound) -> SpeechReply:
        return SpeechReply(status=500) if sound.number == 1 else SpeechReply("Green tea, please.")

    well.hear = hear
    async with well_house.stage().enter("ada") as ada:
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


async def test_a_voice_that_never_comes_does_not_hold_up_the_next_reply(
    house: House, llm: FakeOpenAI, speech: FakeSpeech
) -> None:
    speech.speak = _always(SpeechReply("late", delay=60))
    async with house.stage().enter("ada") as ada:
        await ada.open_microphone()
        for text in ("one", "two", "three"):
            await ada.ask_and_see(text)


async def test_ghosts_of_the_transcriber_are_nobodys_words(
    well_house: House, llm: FakeOpenAI, well: FakeSpeech
) -> None:
    well.hear = lambda sound: GHOSTS[(sound.number - 1) % len(GHOSTS)]
    async with well_house.stage().enter("ada") as ada:
        await ada.open_microphone()
        for _ in GHOSTS:
            await ada.play(say("Good morning.") + silence(1.4))
        assert len(well.sounds) >= len(GHOSTS)
        await ada.ask_and_see("typed")
        assert not ada.heard
        assert asked(llm) == ["typed"]


async def test_words_of_any_language_are_passed_on_and_none_is_asked_for(
    well_house: House, llm: FakeOpenAI, well: FakeSpeech
) -> None:
    german = "Wie spät ist es in Köln?"
    well.hear = lambda _: german
    async with well_house.stage().enter("ada") as ada:
        await ada.open_microphone()
        await say_it(ada)
        await ada.follows(("ada", german), (AGENT, f"You said: {german}"))
        assert "language" not in well.sounds[0].fields


async def test_the_language_that_is_set_is_asked_for(
    llm: FakeOpenAI, speech: FakeSpeech, server: LiveKitServer
) -> None:
    settings = {"CHAT_VOICE_LANGUAGE": "de"}
    with open_house(llm, speech.base_url, "listen", server=server, **settings) as house:
        async with house.stage().enter("ada") as ada:
            await ada.open_microphone()
            await say_it(ada)
            await ada.sees("You said: Sentence 1.")
            assert speech.sounds[0].fields["language"] == "de"


async def test_an_llm_service_without_speech_is_told_of_once(
    llm: FakeOpenAI, server: LiveKitServer
) -> None:
    with open_house(llm, llm.base_url, "speak", server=server) as house:
        async with house.stage().enter("ada") as ada:
            await ada.open_microphone()
            await say_it(ada)
            await ada.sees(NOT_HEARD_OPERATOR)
            await say_it(ada)
            await ada.ask_and_see("typed")
            await ada.sees(NOT_SPOKEN)
            assert len(agent_lines(ada)) == 3
        warned = records(house.worker, "the speech service does not work")
        assert sorted(record["service"] for record in warned) == ["transcription", "voice"]
        assert {record["cause"] for record in warned} == {"status 404"}


def _always(reply: SpeechReply) -> Callable[[Line], SpeechReply]:
    return lambda _: reply
