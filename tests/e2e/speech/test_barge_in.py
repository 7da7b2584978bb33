"""Somebody speaks while the agent does: it falls silent at once, and the text follows its own rules."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

import prompts
from assistant.answering.endings import ELLIPSIS
from tests.doubles import FakeOpenAI, Reply, words
from tests.e2e.scripts import conversation, in_turn
from tests.e2e.speech.sound import Sound, clicks, cough, noise, silence
from tests.e2e.speech.speaker import AGENT
from tests.e2e.speech.stage import Stage, asked
from tests.e2e.speech.voices import say, words_of
from tests.speech_service import SpeechService
from tests.waiting import eventually

TEA = "I would like a cup of green tea."
MOON = "How far away is the moon?"
LONG = (
    "My sister lives near the river. The meeting begins at nine o'clock. "
    "What is the tallest mountain? Where is the nearest train station? "
    "Remember the color blue."
)
BARGE_IN_LIMIT = 0.5
"""Seconds of speech after which the agent is silent."""

TRANSPORT = 0.25
"""Seconds that sound takes to the agent and back on a busy machine; 0.1 of them it waits in the microphone."""


async def test_the_voice_falls_silent_and_the_complete_text_stays(
    speaking: Stage, llm: FakeOpenAI
) -> None:
    llm.script = in_turn(Reply(words(LONG)), Reply(["Far."]))
    async with speaking.enter("ada") as ada:
        await ada.open_microphone()
        await ada.say("tell me")
        await ada.sees(LONG)
        recording = await ada.hears()
        began = await ada.speak(MOON)
        await ada.follows((AGENT, LONG), ("ada", MOON), (AGENT, "Far."))
        before = [span for span in recording.audible() if span.begin < began + 0.5]
        assert before[-1].end - began < BARGE_IN_LIMIT + TRANSPORT
        assert asked(llm)[1:] == ada.own_words


async def test_a_reply_that_is_being_written_is_broken_off_by_words(
    speaking: Stage, llm: FakeOpenAI
) -> None:
    long = Reply(words(f"{LONG} {LONG}"), hold_after=len(words(LONG)) + 1)
    llm.script = in_turn(long, Reply(["Far."]))
    async with speaking.enter("ada") as ada:
        await ada.open_microphone()
        await ada.say("tell me")
        recording = await ada.hears()
        began = await ada.speak(MOON)
        await ada.sees("Far.")
        before = [span for span in recording.audible() if span.begin < began + 0.5]
        assert before[-1].end - began < BARGE_IN_LIMIT + TRANSPORT
        assert f"{LONG} My {ELLIPSIS}" in ada.texts
        assert conversation(llm.requests[-1])[-1][1].endswith(ada.own_words[0])


@pytest.mark.parametrize(
    "sound",
    [cough, lambda: say("Um."), lambda: clicks(2.0), lambda: noise(2.0)],
    ids=["cough", "hesitation", "keyboard", "noise"],
)
async def test_what_is_no_word_breaks_nothing_off(
    speaking: Stage,
    llm: FakeOpenAI,
    speech_service: SpeechService,
    sound: Callable[[], Sound],
) -> None:
    llm.script = in_turn(Reply(words(LONG)))
    async with speaking.enter("ada") as ada:
        await ada.open_microphone()
        await ada.say("tell me")
        recording = await ada.hears()
        await ada.play(sound())
        await ada.hears_it_all(quiet=3.0)
        # It may have waited for a moment in the middle of a word.
        heard = await asyncio.to_thread(speech_service.transcribe, recording.without_pauses())
        assert words_of(heard) == words_of(LONG)
        await ada.follows((AGENT, LONG))
        assert len(llm.requests) == 1


async def test_stop_spoken_stops_the_voice_and_asks_nothing(
    speaking: Stage, llm: FakeOpenAI
) -> None:
    long = Reply(words(f"{LONG} {LONG}"), hold_after=len(words(LONG)) + 1)
    llm.script = in_turn(long)
    cancelled = llm.cancelled
    async with speaking.enter("ada") as ada:
        await ada.open_microphone()
        await ada.say("tell me")
        await ada.hears()
        await ada.speak("Stop.")
        await eventually(lambda: llm.cancelled > cancelled, 10)
        await eventually(
            lambda: any(text.endswith(prompts.load("notice_stopped")) for text in ada.texts)
        )
        recording = await ada.hears_it_all()
        spans = len(recording.audible())
        await ada.play(silence(3))
        assert len(recording.audible()) == spans
        assert len(llm.requests) == 1


async def test_the_word_stop_inside_a_sentence_is_a_question_like_others(
    speaking: Stage, llm: FakeOpenAI
) -> None:
    llm.script = in_turn(Reply(words(LONG)), Reply(["All right."]))
    async with speaking.enter("ada") as ada:
        await ada.open_microphone()
        await ada.say("tell me")
        await ada.sees(LONG)
        await ada.hears()
        await ada.speak("Please do not stop now.")
        await ada.sees("All right.")
        assert asked(llm)[1:] == ada.own_words


async def test_who_types_breaks_the_voice_off_too(speaking: Stage, llm: FakeOpenAI) -> None:
    llm.script = in_turn(Reply(words(LONG)), Reply(words(TEA)))
    async with speaking.enter("ada") as ada:
        await ada.open_microphone()
        await ada.say("tell me")
        await ada.sees(LONG)
        recording = await ada.hears()
        now = asyncio.get_running_loop().time()
        await ada.say("something else")
        await ada.sees(TEA)
        await ada.hears_it_all()
        total = sum(span.end - span.begin for span in recording.audible(since=now))
        assert total < say(TEA).seconds + 3
