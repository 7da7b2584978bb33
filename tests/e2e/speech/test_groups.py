"""Several people speak and type in one room: each under their name, in the order of their beginning."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack

import pytest
from livekit import rtc

import prompts
from tests.doubles import FakeOpenAI, Reply
from tests.e2e.people import introduce
from tests.e2e.scripts import holding, in_turn, last_lines
from tests.e2e.speech.sound import silence
from tests.e2e.speech.speaker import AGENT
from tests.e2e.speech.stage import Stage, asked
from tests.e2e.speech.voices import HIGH, LOW, say, words_of
from tests.tokens import ParticipantKind
from tests.waiting import eventually

FRANCE = "Assistant, what is the capital of France?"
HONEY = "Assistant, how do bees make honey?"
RIVER = "My sister lives near the river."
MOON = "How far away is the moon?"
KIND = "Assistant, and which kind?"
HOLD_LIMIT = 3.0
"""Seconds for which somebody who types is kept waiting for one who speaks, at most."""


def lines_of(llm: FakeOpenAI) -> list[tuple[str, list[str]]]:
    """Who said what since the last answer, as the newest request tells it, word for word."""
    lines = [json.loads(line) for line in last_lines(llm) if line.startswith("{")]
    return [(str(line["from"]), words_of(line["message"])) for line in lines if "from" in line]


async def test_two_who_speak_at_once_are_told_apart_and_answered(
    listening: Stage, llm: FakeOpenAI
) -> None:
    async with (
        listening.enter("ada", voice=HIGH, name="Ada Ames") as ada,
        listening.enter("bob", voice=LOW, name="Bob Bell") as bob,
    ):
        await introduce(llm, ada, bob)
        llm.script = lambda _: Reply(["So be it."])
        for speaker in (ada, bob):
            await speaker.open_microphone()
        await asyncio.gather(ada.speak(FRANCE), bob.speak(HONEY))
        for reader in (ada, bob):
            await reader.sees_said("ada", FRANCE)
            await reader.sees_said("bob", HONEY)
            await reader.sees("So be it.")
            shown = {(b.identity, tuple(words_of(b.text))) for b in reader.heard}
            assert shown == {("ada", tuple(words_of(FRANCE))), ("bob", tuple(words_of(HONEY)))}
            assert all(bubble.is_final for bubble in reader.heard)
        # A question may be answered before the other one is understood, if that takes long.
        await eventually(lambda: all(b.text in str(llm.requests[-1]) for b in ada.heard))


async def test_what_is_not_for_the_agent_is_shown_and_remembered_but_not_answered(
    listening: Stage, llm: FakeOpenAI
) -> None:
    async with (
        listening.enter("ada") as ada,
        listening.enter("bob", voice=LOW) as bob,
    ):
        await introduce(llm, ada, bob)
        before = len(ada.conversation)
        await ada.open_microphone()
        await bob.open_microphone()
        await ada.speak(RIVER)
        await bob.sees_said("ada", RIVER)
        assert not llm.requests
        llm.script = in_turn(Reply(["Paris."]))
        await bob.speak(FRANCE)
        await ada.sees("Paris.")
        assert lines_of(llm) == [("ada", words_of(RIVER)), ("bob", words_of(FRANCE))]
        # The agent says once how to be answered.
        assert [who for who, _ in ada.conversation[before:]] == ["ada", AGENT, "bob", AGENT]
        assert ada.conversation[before + 1] == (AGENT, prompts.load("notice_mention_me"))


async def test_a_misheard_name_still_calls_the_agent(listening: Stage, llm: FakeOpenAI) -> None:
    async with (
        listening.enter("ada") as ada,
        listening.enter("bob") as bob,
    ):
        await introduce(llm, ada, bob)
        llm.script = in_turn(Reply(["Paris."]))
        await ada.open_microphone()
        await ada.speak("Assistants, what is the capital of France?")
        await bob.sees("Paris.")
        assert len(llm.requests) == 1


@pytest.mark.parametrize("is_typed_first", [True, False])
async def test_who_types_while_another_speaks_comes_in_the_order_of_beginning(
    listening: Stage, llm: FakeOpenAI, is_typed_first: bool
) -> None:
    async with (
        listening.enter("ada") as ada,
        listening.enter("bob") as bob,
    ):
        await introduce(llm, ada, bob)
        first = holding("A long story")
        llm.script = in_turn(first, Reply(["To both."]))
        await bob.say("Assistant, tell me a story")
        await ada.sees("A")
        microphone = await ada.open_microphone()
        if is_typed_first:
            await bob.say(KIND)
        await microphone.begin(say(HONEY).first(1))
        speaking = microphone.begin(say(HONEY).after(1))
        if not is_typed_first:
            await bob.say(KIND)
        await speaking
        await ada.sees_said("ada", HONEY)
        first.release.set()
        await ada.sees("To both.")
        lines = [("bob", words_of(KIND)), ("ada", words_of(HONEY))]
        assert lines_of(llm) == (lines if is_typed_first else lines[::-1])
        assert len(llm.requests) == 2


async def test_who_types_while_another_speaks_is_answered_together_with_them(
    listening: Stage, llm: FakeOpenAI
) -> None:
    async with (
        listening.enter("ada") as ada,
        listening.enter("bob") as bob,
    ):
        await introduce(llm, ada, bob)
        llm.script = in_turn(Reply(["To both."]))
        microphone = await ada.open_microphone()
        await microphone.begin(say(HONEY).first(1.5))
        microphone.begin(say(HONEY).after(1.5))
        await bob.say(KIND)
        await ada.sees("To both.")
        assert lines_of(llm) == [("ada", words_of(HONEY)), ("bob", words_of(KIND))]
        assert len(llm.requests) == 1


async def test_a_typed_question_is_not_kept_waiting_by_one_who_speaks_on_and_on(
    listening: Stage, llm: FakeOpenAI
) -> None:
    async with (
        listening.enter("ada") as ada,
        listening.enter("bob") as bob,
    ):
        await introduce(llm, ada, bob)
        llm.script = in_turn(Reply(["Noon."]))
        microphone = await ada.open_microphone()
        story = sum((say(RIVER) + silence(0.15) for _ in range(4)), silence(0))
        await microphone.begin(story.first(1))
        speaking = microphone.begin(story.after(1))
        now = asyncio.get_running_loop().time
        typed = now()
        await bob.say("Assistant, what time is it?")
        await bob.sees("Noon.")
        assert now() - typed == pytest.approx(HOLD_LIMIT, abs=1)
        assert not speaking.done()


async def test_a_typed_line_and_a_spoken_one_of_the_same_person_keep_their_order(
    listening: Stage, llm: FakeOpenAI
) -> None:
    async with listening.enter("ada") as ada:
        await ada.open_microphone()
        await ada.speak(MOON)
        # The pause that ends what she said has only begun.
        await ada.say("in miles")
        await eventually(lambda: llm.requests and "in miles" in str(llm.requests[-1]), 15)
        told = str(llm.requests[-1]["messages"])
        assert told.index(MOON) < told.index("in miles")
        assert len(llm.requests) == 1


async def test_only_people_are_heard(listening: Stage, llm: FakeOpenAI) -> None:
    kinds: tuple[ParticipantKind, ...] = ("agent", "sip", "egress", "ingress")
    async with AsyncExitStack() as room:
        ada = await room.enter_async_context(listening.enter("ada"))
        others = [await room.enter_async_context(listening.enter(k, kind=k)) for k in kinds]
        for other in others:
            await other.open_microphone(say(FRANCE))
        await asyncio.gather(*(other.play(silence(1.5)) for other in others))
        await ada.open_microphone()
        await ada.speak(MOON)
        await ada.follows(("ada", MOON), (AGENT, f"You said: {MOON}"))
        assert not any(other.is_heard for other in others)
        assert len(asked(llm)) == 1


async def test_the_sound_of_a_shared_screen_is_not_heard(listening: Stage, llm: FakeOpenAI) -> None:
    async with listening.enter("ada") as ada:
        screen = await ada.open_microphone(
            say(FRANCE), source=rtc.TrackSource.SOURCE_SCREENSHARE_AUDIO
        )
        await ada.play(silence(1.5))
        assert not screen.is_heard
        await screen.aclose()
        await ada.open_microphone()
        await ada.speak(MOON)
        await ada.follows(("ada", MOON), (AGENT, f"You said: {MOON}"))


async def test_nobody_is_asked_to_mention_the_agent_more_than_once(
    listening: Stage, llm: FakeOpenAI
) -> None:
    async with (
        listening.enter("ada") as ada,
        listening.enter("bob") as bob,
    ):
        await introduce(llm, ada, bob)
        await ada.open_microphone()
        for text in (RIVER, MOON):
            await ada.speak(text)
            await bob.sees_said("ada", text)
        assert bob.texts.count(prompts.load("notice_mention_me")) <= 1
        assert not llm.requests
