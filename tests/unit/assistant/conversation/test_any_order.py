"""Whatever people do and services answer, in any order: bubbles end complete, and requests are taken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from livekit.agents import APIConnectionError, APIStatusError, llm

import prompts
from assistant.arriving.limits import Limits
from assistant.arriving.mention import Mention
from assistant.language_model.chunks import FINISH_REASON
from assistant.turns.dates import Dates
from assistant.turns.overlap import Overlap
from chat import ChatMessage, is_blank
from tests.doubles.strict import merged, refusals
from tests.unit.assistant.doubles import Answer, ChatDouble, Person, ScriptedLLM
from tests.unit.assistant.scene import ScriptedScene, Setting, group, play

SMALL, LARGE = 1_500, 1_000_000
"""Bytes of a context that is soon full, and of one that never is."""
NOTICES = [prompts.load(name) for name in prompts.names() if name.startswith("notice_")]
PEOPLE = {name: Person(name.lower(), name=name) for name in ("Ada", "Bob")}


@dataclass(frozen=True)
class Said:
    """How the LLM answers one request."""

    how: str
    words: int
    pause: float

    async def __call__(self) -> AsyncIterator[str | llm.ChoiceDelta]:
        await asyncio.sleep(self.pause)
        if self.how == "dead":
            raise APIConnectionError("gone")
        if self.how == "denied":
            raise APIStatusError("denied", status_code=401, retryable=False)
        if self.how == "blank":
            yield " \u200b\n"
        for number in range(0 if self.how in ("empty", "blank") else self.words):
            yield f"word{number} "
            await asyncio.sleep(self.pause)
        if self.how == "broken":
            raise APIConnectionError("gone", retryable=False)
        if self.how in ("filtered", "length"):
            reason = "content_filter" if self.how == "filtered" else "length"
            yield llm.ChoiceDelta(role="assistant", extra={FINISH_REASON: reason})
        if self.how == "silent":
            await asyncio.sleep(10_000.0)


class AnyLLM(ScriptedLLM):
    """Answers in these ways, one after the other and again."""

    def __init__(self, ways: list[Said]) -> None:
        super().__init__()
        self._ways = ways

    def otherwise(self, question: str) -> Answer:
        way = self._ways.pop(0)
        self._ways.append(way)
        return way


@dataclass(frozen=True)
class Act:
    """What somebody does, and the seconds until the next does something."""

    what: str
    who: str
    which: int
    text: str
    then: float


@dataclass
class Crowd:
    """What was written, and is not deleted."""

    chat: ChatDouble
    written: list[ChatMessage] = field(default_factory=list)

    def act(self, act: Act) -> None:
        person = PEOPLE[act.who]
        mine = [m for m in self.written if m.participant_identity == person.identity]
        if act.what == "ask":
            self.written.append(self.chat.receive(act.text, person))
        elif act.what == "stop":
            self.chat.receive("/stop", person)
        elif mine:
            message = mine[-1 - act.which % len(mine)]
            if act.what == "edit":
                self.chat.edit(message, f"{act.text} edited")
            else:
                self.written.remove(message)
                self.chat.delete(message)


PAUSES = st.sampled_from([0.0, 0.0, 0.05, 0.3, 0.7, 2.5])
WAYS = st.builds(
    Said,
    st.sampled_from(
        ["done"] * 5
        + ["dead", "denied", "blank", "empty", "broken", "filtered", "length", "silent"]
    ),
    st.integers(0, 25),
    st.sampled_from([0.0, 0.01, 0.1, 0.4]),
)
TEXTS = st.text(st.sampled_from('ab "\\\n\u200bä😀'), max_size=60) | st.sampled_from(
    ["x" * 900, '"' * 900]
)
ACTS = st.builds(
    Act,
    st.sampled_from(["ask"] * 5 + ["edit", "edit", "delete", "delete", "stop"]),
    st.sampled_from(["Ada", "Ada", "Bob"]),
    st.integers(0, 3),
    TEXTS.filter(lambda text: not is_blank(text)),
    PAUSES,
)


def scene_of(
    ways: list[Said], people: int = 1, overlap: Overlap | None = None, context_bytes: int = SMALL
) -> ScriptedScene:
    limits = Limits(context_bytes=context_bytes, messages_per_minute=1_000)
    setting = Setting(overlap, Mention.NEVER, limits, dates=Dates())
    return ScriptedScene(
        room=group(*list(PEOPLE)[:people]), setting=setting, model=AnyLLM(list(ways))
    )


def check(scene: ScriptedScene, context_bytes: int = SMALL) -> None:
    for asked in scene.asked:
        request = [{"role": role, "content": text} for role, text in asked]
        assert refusals(merged(request), context_bytes) == []
    for text in scene.chat.texts:
        assert not is_blank(text)
        assert all(text.count(notice) <= 1 for notice in NOTICES), "a line is there twice"
    assert scene.chat.completed == scene.chat.texts, "a bubble is left as it was begun"
    turns = [turn for turn in scene.history._turns if turn.bubble.message is not None]
    shown = [
        scene.chat.bubbles[turn.bubble.message.id].text for turn in turns if turn.bubble.message
    ]
    assert shown == [turn.bubble.text for turn in turns]
    assert len({id(turn.bubble) for turn in turns}) == len(turns), "two turns share a bubble"
    for turn in turns:
        said = "".join(i.text_content or "" for i in turn.answer if isinstance(i, llm.ChatMessage))
        kept = turn.bubble.kept.rstrip()
        assert bool(kept) == bool(said), "what is told is not what people see"
        assert said.startswith(kept), "what people see is not told"


DELETED_AS_IT_BEGINS = [*([Act("ask", "Ada", 0, "a", 0.0)] * 4), Act("delete", "Ada", 3, "a", 0.0)]


@settings(deadline=None, max_examples=80)
@example(2, [Said("done", 0, 0.0)], DELETED_AS_IT_BEGINS, None, 0.0, SMALL)
@given(
    st.integers(1, 2),
    st.lists(WAYS, min_size=1, max_size=6),
    st.lists(ACTS, min_size=1, max_size=14),
    st.sampled_from([None, *Overlap]),
    PAUSES,
    st.sampled_from([SMALL, LARGE]),
)
def test_every_bubble_ends_complete_and_every_request_is_taken(
    people: int,
    ways: list[Said],
    acts: list[Act],
    overlap: Overlap | None,
    latency: float,
    context_bytes: int,
) -> None:
    async def scene() -> None:
        scene = scene_of(ways, people, overlap, context_bytes)
        scene.chat.latency = lambda: latency
        crowd = Crowd(scene.chat)
        await scene.begin()
        for act in acts:
            if people > 1 or act.who == "Ada":
                crowd.act(act)
                await asyncio.sleep(act.then)
        rest_by = asyncio.get_running_loop().time() + 3_600.0
        while scene.conversation.unanswered or scene.answering.current is not None:
            assert asyncio.get_running_loop().time() < rest_by, "it never comes to rest"
            await asyncio.sleep(10.0)
        await scene.answering.delivered()
        await scene.notices.written()
        check(scene, context_bytes)
        unanswered = {message.id for message in crowd.written} - {
            question.id for turn in scene.history._turns for question in turn.questions
        }
        stops = any(act.what == "stop" for act in acts)
        forgets = context_bytes == SMALL or any(way.how == "filtered" for way in ways)
        assert not unanswered or stops or forgets, "a question is lost"
        await scene.aclose()

    play(scene())


@settings(deadline=None, max_examples=40)
@given(
    st.lists(WAYS, min_size=1, max_size=6),
    st.lists(ACTS, min_size=1, max_size=8),
    st.sampled_from([0.0, 1.0, 10.0]),
)
def test_who_leaves_in_the_middle_leaves_every_bubble_complete(
    ways: list[Said], acts: list[Act], grace: float
) -> None:
    async def scene() -> None:
        scene = scene_of(ways)
        crowd = Crowd(scene.chat)
        await scene.begin()
        for act in acts:
            crowd.act(act)
            await asyncio.sleep(act.then)
        await scene.aclose(grace)
        check(scene)

    play(scene())


@pytest.mark.parametrize("how", ["filtered", "denied", "blank", "broken"])
def test_the_next_turn_is_answered_however_often_one_was_not(how: str) -> None:
    async def scene() -> None:
        ways = [Said(how, 3, 0.1)] * 4 + [Said("done", 3, 0.0)]
        scene = scene_of(ways)
        crowd = Crowd(scene.chat)
        await scene.begin()
        for number in range(5):
            crowd.act(Act("ask", "Ada", 0, f"question {number}", 0.0))
            await scene.has_completed(number + 1)
        assert scene.chat.texts[-1] == "word0 word1 word2 "
        check(scene)
        await scene.aclose()

    play(scene())
