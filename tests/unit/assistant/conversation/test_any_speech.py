"""Whoever speaks and types, in any order: nothing is lost, asked twice, or held up for ever."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.turns.floor import HEARING_LIMIT
from assistant.turns.overlap import Overlap
from tests.unit.assistant.arriving.speakers import Speakers
from tests.unit.assistant.doubles import Person
from tests.unit.assistant.scene import Setting, group, play, talking


@dataclass(frozen=True)
class Line:
    """Something that one person says or types."""

    begins: float
    lasts: float
    who: str
    spoken: bool
    has_words: bool


LINES = st.builds(
    Line,
    begins=st.sampled_from([0.0, 0.5, 1.0, 3.0, 8.0, 20.0]),
    lasts=st.sampled_from([0.1, 1.0, 2.0, 10.0]),
    who=st.sampled_from(["Ada", "Bob", "Eve"]),
    spoken=st.booleans(),
    has_words=st.booleans(),
)


@pytest.mark.parametrize("overlap", Overlap)
@given(lines=st.lists(LINES, min_size=1, max_size=8))
@settings(max_examples=40)
def test_all_that_has_words_is_asked_once_and_soon(overlap: Overlap, lines: list[Line]) -> None:
    play(speak_all(overlap, lines))


async def speak_all(overlap: Overlap, lines: list[Line]) -> None:
    async with talking(room=group("Ada", "Bob", "Eve"), setting=Setting(overlap)) as scene:
        speakers = Speakers(scene)

        async def say(number: int, line: Line) -> None:
            await asyncio.sleep(line.begins)
            text, who = f"Assistant, line {number}", line.who.lower()
            if not line.spoken:
                scene.chat.receive(text, Person(who, name=line.who))
                return
            utterance = speakers.begins(who)
            await asyncio.sleep(line.lasts)
            speakers.ends(utterance, text if line.has_words else "")

        async with asyncio.TaskGroup() as group_of_lines:
            for number, line in enumerate(lines):
                group_of_lines.create_task(say(number, line))
        await asyncio.sleep(HEARING_LIMIT + 1)
        last_request = scene.asked[-1] if scene.asked else []
        asked = " ".join(text for role, text in last_request if role == "user")
        for number, line in enumerate(lines):
            expected = line.has_words or not line.spoken
            assert asked.count(f"Assistant, line {number}") == expected
        assert len(speakers.screen.finals) == sum(x.spoken and x.has_words for x in lines)
        assert not speakers.spoken.undecided
        assert not scene.conversation.unanswered
        assert not scene.conversation.floor._began_at
