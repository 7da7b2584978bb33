"""The agent speaks what it writes: all of it, in order, while the text goes its own way."""

from __future__ import annotations

import asyncio

import pytest

import prompts
from tests.doubles import FakeOpenAI, Reply, words
from tests.e2e.scripts import in_turn
from tests.e2e.speech.speaker import AGENT, Speaker
from tests.e2e.speech.stage import Stage
from tests.e2e.speech.voices import words_of
from tests.speech_service import SpeechService

BERLIN = "What time is it in Berlin?"
SHORT = "I would like a cup of green tea."
LONG = (
    "My sister lives near the river. I would like a cup of green tea. "
    "The meeting begins at nine o'clock. What is the tallest mountain?"
)
SILENCE_LIMIT = 0.7
"""Seconds in which a voice is silent that was stopped, the way to the listener included."""


async def spoken_to(ada: Speaker, service: SpeechService, since: float = 0.0) -> list[str]:
    """The words that were heard, once it is quiet."""
    recording = await ada.hears_it_all()
    return await recording.words(service, since)


async def test_a_reply_is_spoken_word_for_word(
    speaking: Stage, llm: FakeOpenAI, speech_service: SpeechService
) -> None:
    llm.script = in_turn(Reply(words(SHORT)))
    async with speaking.enter("ada") as ada:
        await ada.open_microphone()
        await ada.speak(BERLIN)
        await ada.follows(("ada", BERLIN), (AGENT, SHORT))
        assert await spoken_to(ada, speech_service) == words_of(SHORT)
        # It has not heard itself.
        await ada.follows(("ada", BERLIN), (AGENT, SHORT))
        assert len(llm.requests) == 1


async def test_all_sentences_of_a_reply_are_spoken_in_order(
    speaking: Stage, llm: FakeOpenAI, speech_service: SpeechService
) -> None:
    llm.script = in_turn(Reply(words(LONG), interval=0.02))
    async with speaking.enter("ada") as ada:
        await ada.open_microphone()
        await ada.speak(BERLIN)
        assert await spoken_to(ada, speech_service) == words_of(LONG)


async def test_the_text_does_not_wait_for_the_voice(speaking: Stage, llm: FakeOpenAI) -> None:
    llm.script = in_turn(Reply(words(LONG)))
    async with speaking.enter("ada") as ada:
        await ada.open_microphone()
        await ada.speak(BERLIN)
        await ada.follows(("ada", BERLIN), (AGENT, LONG))
        complete = asyncio.get_running_loop().time()
        recording = await ada.hears_it_all()
        assert recording.audible()[-1].end - complete > 4


async def test_the_first_sentence_is_spoken_while_the_next_is_being_written(
    speaking: Stage, llm: FakeOpenAI, speech_service: SpeechService
) -> None:
    first, second = "My sister lives near the river.", "What is the tallest mountain?"
    reply = Reply([f"{first} ", f"{second[:8]}", second[8:]], hold_after=2)
    llm.script = in_turn(reply)
    async with speaking.enter("ada") as ada:
        await ada.open_microphone()
        await ada.speak(BERLIN)
        recording = await ada.hears_it_all()
        assert await recording.words(speech_service) == words_of(first)
        since = asyncio.get_running_loop().time()
        reply.release.set()
        await ada.sees(f"{first} {second}")
        await ada.hears(since)
        assert await spoken_to(ada, speech_service, since) == words_of(second)


async def test_one_voice_speaks_reply_after_reply(
    speaking: Stage, llm: FakeOpenAI, speech_service: SpeechService
) -> None:
    replies = [SHORT, "My sister lives near the river."]
    llm.script = in_turn(*(Reply(words(text)) for text in replies))
    async with speaking.enter("ada") as ada:
        await ada.open_microphone()
        since = 0.0
        for text in replies:
            await ada.speak(BERLIN)
            await ada.hears(since)
            assert await spoken_to(ada, speech_service, since) == words_of(text)
            since = asyncio.get_running_loop().time()
        assert len(ada.voices) == 1


async def test_what_is_typed_is_answered_aloud_too(
    speaking: Stage, llm: FakeOpenAI, speech_service: SpeechService
) -> None:
    llm.script = in_turn(Reply(words(SHORT)))
    async with speaking.enter("ada") as ada:
        await ada.open_microphone()
        await ada.say("When is it?")
        await ada.sees(SHORT)
        assert await spoken_to(ada, speech_service) == words_of(SHORT)


MARKED = (
    "## Tea\n\nMy sister lives **near** the _river_.\n\n"
    "```python\nprint('zebra')\n```\n\n"
    "See [where the nearest train station is](https://example.com/zebra?x=1).\n"
)


async def test_markup_code_and_links_are_not_read_out(
    speaking: Stage, llm: FakeOpenAI, speech_service: SpeechService
) -> None:
    llm.script = in_turn(Reply(words(MARKED)))
    async with speaking.enter("ada") as ada:
        await ada.open_microphone()
        await ada.say("tell me")
        heard = await spoken_to(ada, speech_service)
        assert " ".join(heard).count("my sister lives near the river") == 1
        assert "where the nearest train station is" in " ".join(heard)
        unheard = {"zebra", "print", "hash", "asterisk", "star", "underscore", "https", "slash"}
        assert not unheard & set(heard)
        await ada.sees(MARKED)


async def test_the_agent_says_that_it_speaks_as_long_as_it_is_heard(
    speaking: Stage, llm: FakeOpenAI
) -> None:
    llm.script = in_turn(Reply(words(LONG)))
    async with speaking.enter("ada") as ada:
        await ada.open_microphone()
        await ada.speak(BERLIN)
        recording = await ada.hears()
        assert ada.agent_state == "speaking"
        await ada.sees(LONG)
        await ada.hears_it_all()
        (voice,) = recording.audible(gap=2)
        during = [s for at, s in ada.states if voice.begin + 0.5 < at < voice.end - 0.2]
        assert set(during) <= {"speaking"}
        assert ada.agent_state == "listening"


@pytest.mark.parametrize("how", ["typed", "pressed"])
async def test_stop_silences_the_voice_and_ends_the_text(
    speaking: Stage, llm: FakeOpenAI, how: str
) -> None:
    llm.script = in_turn(Reply(words(f"{LONG} {LONG}"), hold_after=len(words(LONG)) + 2))
    async with speaking.enter("ada") as ada:
        await ada.open_microphone()
        await ada.say("tell me")
        recording = await ada.hears()
        stopped = asyncio.get_running_loop().time()
        if how == "typed":
            await ada.say("/stop")
        else:
            await ada.call_stop()
        await ada.hears_it_all()
        assert recording.audible()[-1].end - stopped < SILENCE_LIMIT
        assert any(text.endswith(prompts.load("notice_stopped")) for text in ada.texts)


async def test_stop_silences_what_is_still_being_spoken_of_a_complete_text(
    speaking: Stage, llm: FakeOpenAI
) -> None:
    llm.script = in_turn(Reply(words(LONG)))
    async with speaking.enter("ada") as ada:
        await ada.open_microphone()
        await ada.say("tell me")
        await ada.sees(LONG)
        recording = await ada.hears()
        stopped = asyncio.get_running_loop().time()
        await ada.call_stop()
        await ada.hears_it_all()
        assert recording.audible()[-1].end - stopped < SILENCE_LIMIT
        assert LONG in ada.texts


async def test_who_comes_in_the_middle_hears_the_rest(
    speaking: Stage, llm: FakeOpenAI, speech_service: SpeechService
) -> None:
    llm.script = in_turn(Reply(words(LONG)))
    async with speaking.enter("ada") as ada:
        await ada.open_microphone()
        await ada.say("tell me")
        await ada.hears()
        async with speaking.enter("bob", voice="low") as bob:
            heard = await spoken_to(bob, speech_service)
            assert heard
            assert words_of(LONG)[-5:] == heard[-5:]


async def test_a_reply_that_breaks_off_is_spoken_as_far_as_it_came(
    speaking: Stage, llm: FakeOpenAI, speech_service: SpeechService
) -> None:
    first = "My sister lives near the river."
    llm.script = lambda _: Reply([f"{first} ", "And"], cut_after=2)
    async with speaking.enter("ada") as ada:
        await ada.open_microphone()
        await ada.say("tell me")
        heard = await spoken_to(ada, speech_service)
        assert heard[: len(words_of(first))] == words_of(first)
