"""Whatever people do, and whenever agents die: no answer is lost or doubled, and all of it is remembered."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st
from livekit.agents import llm

import prompts
from assistant.arriving.limits import Limits
from assistant.arriving.mention import Mention
from assistant.memory.kept import RecalledTurn
from assistant.memory.restoring import restore
from assistant.turns.overlap import Overlap
from assistant.turns.turn import Turn
from chat import ChatMessage
from tests.doubles.memory import MemoryDouble
from tests.unit.assistant.conversation.test_any_order import AnyLLM, Said
from tests.unit.assistant.doubles import ADA
from tests.unit.assistant.remembering import Life, RememberingScene
from tests.unit.assistant.scene import Setting, group, play

LIMITS = Limits(context_bytes=1_000_000, messages_per_minute=1_000)
TAKEN_BACK = prompts.load("notice_taken_back")
WAYS = st.builds(Said, st.just("done"), st.integers(1, 25), st.sampled_from([0.0, 0.01, 0.1]))


@dataclass(frozen=True)
class Act:
    """What somebody does, or that the agent dies, and the seconds until the next happens."""

    what: str
    which: int
    then: float


ACTS = st.builds(
    Act,
    st.sampled_from(["ask"] * 4 + ["edit", "edit", "delete", "stop", "die", "die"]),
    st.integers(0, 3),
    st.sampled_from([0.0, 0.0, 0.03, 0.3, 0.7, 1.2, 2.5]),
)


@dataclass
class Crowd:
    """What is written, and what became of it."""

    life: Life
    written: list[ChatMessage] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    """The newest text of each message that is not deleted."""
    deleted: set[str] = field(default_factory=set)
    stopped: bool = False

    def act(self, act: Act) -> None:
        chat = self.life.chat
        if act.what == "ask":
            text = f"question {len(self.written)}"
            self.written.append(chat.receive(text, ADA))
            self.texts[self.written[-1].id] = text
        elif act.what == "stop":
            self.stopped = True
            chat.receive("/stop", ADA)
        elif left := [message for message in self.written if message.id in self.texts]:
            message = left[-1 - act.which % len(left)]
            if act.what == "edit":
                self.texts[message.id] += " edited"
                chat.edit(message, self.texts[message.id])
            else:
                del self.texts[message.id]
                self.deleted.add(message.id)
                chat.delete(message)


async def rest(scene: RememberingScene) -> None:
    """Wait until nothing is to be answered, written or kept."""
    limit = asyncio.get_running_loop().time() + 3_600.0
    await asyncio.sleep(10.0)
    while scene.conversation.unanswered or scene.answering.current is not None:
        assert asyncio.get_running_loop().time() < limit, "it never comes to rest"
        await asyncio.sleep(10.0)
    await scene.answering.delivered()
    await scene.notices.written()
    await asyncio.sleep(10.0)


def said(turn: Turn) -> str:
    return "".join(i.text_content or "" for i in turn.answer if isinstance(i, llm.ChatMessage))


def summary(turn: Turn) -> tuple[object, ...]:
    """What must be the same before and after."""
    questions = [(question.identity, question.id, question.text) for question in turn.questions]
    return (
        turn.id,
        questions,
        turn.outcome,
        turn.bubble.text,
        turn.bubble.kept,
        said(turn).startswith(turn.bubble.kept.rstrip()),
    )


def remembered(life: Life) -> list[tuple[object, ...]]:
    recollection = life.store.only.recollection("RM_one", None)
    assert recollection.waiting == (), "a question waits for ever"
    assert all(_is_whole(each) for each in recollection.turns)
    return [summary(turn) for turn in restore(recollection).turns]


def _is_whole(recalled: RecalledTurn) -> bool:
    turn = recalled.turn
    return turn.outcome is not None and (turn.reply is None or turn.reply.delivered)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(WAYS, min_size=1, max_size=4),
    st.lists(ACTS, min_size=2, max_size=14),
    st.sampled_from([None, Overlap.COLLECT, Overlap.QUEUE]),
    st.sampled_from([0.0, 0.05, 0.4]),
    st.sampled_from([0.0, 0.02, 0.12]),
)
def test_nothing_is_lost_or_doubled_whenever_the_agent_dies(
    ways: list[Said],
    acts: list[Act],
    overlap: Overlap | None,
    chat_latency: float,
    store_latency: float,
) -> None:
    async def scene() -> None:
        life = Life(group("Ada"), Setting(overlap, Mention.NEVER, LIMITS))
        life.chat.latency = lambda: chat_latency
        crowd, acting = Crowd(life), list(acts)
        is_over = False
        while not is_over:
            memory = MemoryDouble(life.store)
            async with life.agent(memory=memory, model=AnyLLM(list(ways))) as scene:
                await asyncio.sleep(1.0)
                memory.latency = store_latency
                while acting and (act := acting.pop(0)).what != "die":
                    crowd.act(act)
                    await asyncio.sleep(act.then)
                else:
                    is_over = not acting
                if is_over:
                    await rest(scene)
                else:
                    # What was asked just now is in no store yet, and in no log of LiveKit's either.
                    await memory.kept(1.0)
                history = [summary(turn) for turn in scene.history._turns]
        check(life, crowd, history)

    play(scene())


def check(life: Life, crowd: Crowd, history: list[tuple[object, ...]]) -> None:
    if not crowd.written:
        return
    kept = remembered(life)
    assert sorted(history, key=str) == sorted(kept, key=str), "history is not what is remembered"
    assert life.chat.completed == life.chat.texts, "a bubble is left as it was begun"
    answered = [question[1] for turn in kept for question in turn[1]]  # type: ignore[attr-defined]
    assert len(answered) == len(set(answered)), "a question was answered twice"
    assert not crowd.deleted & set(answered), "what was deleted is remembered"
    assert crowd.stopped or set(answered) == set(crowd.texts), "a question is lost"
    texts = {question[1]: question[2] for turn in kept for question in turn[1]}  # type: ignore[attr-defined]
    assert all(crowd.texts[message_id] == text for message_id, text in texts.items())
    shown = Counter(text for turn in kept if (text := str(turn[3])))
    texts_there = Counter(text for text in life.chat.texts if text != TAKEN_BACK)
    assert shown <= texts_there, "an answer is lost"
    # The answer to what is deleted stays, unless it is the newest.
    assert (texts_there - shown).total() <= len(crowd.deleted), "an answer is there twice"
