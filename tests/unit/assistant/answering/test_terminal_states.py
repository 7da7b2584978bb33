"""Every way in which a reply can end: what people read then, and what the LLM is told of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest
from livekit.agents import APIConnectionError, APIStatusError, llm

import prompts
from assistant.language_model import Remedy
from assistant.language_model.chunks import FINISH_REASON
from assistant.language_model.failure import AnswerFailedError, Failure
from assistant.language_model.generation import DEFAULT_LIMITS
from assistant.turns.turn import Outcome
from tests.unit.assistant.doubles import Answer, Held, failing, saying
from tests.unit.assistant.scene import ScriptedScene, Setting, play, talking
from tests.waiting import eventually

STOPPED = prompts.load("notice_stopped")
NOTE = prompts.load("note_stopped")
UNANSWERED = prompts.load("note_no_answer")
BROKEN_OFF = prompts.load("note_broken_off")
LEFT_OUT = prompts.load("note_left_out")
CUT = prompts.load("notice_cut")
TOO_LONG = prompts.load("notice_question_too_long")
FILTERED = prompts.load("notice_filtered")
BUSY = prompts.load("notice_busy")
NO_ANSWER = prompts.load("notice_no_answer")
FAILED = prompts.load("notice_answer_failed")
SHUT_DOWN = prompts.load("notice_shut_down")

LONGEST = "x" * DEFAULT_LIMITS.max_chars
BEGUN = "half of an answer that has begun so well that it is worth keeping"
ALONE = Setting(turns_at_once=1)


def withheld() -> llm.ChoiceDelta:
    return llm.ChoiceDelta(role="assistant", extra={FINISH_REASON: "content_filter"})


def too_long() -> APIConnectionError:
    """What the plugin makes of a request that is too long for the model."""
    error = APIConnectionError(retryable=False)
    error.__cause__ = AnswerFailedError(Failure("too long", remedy=Remedy.SHORTEN))
    return error


def refused() -> APIStatusError:
    return APIStatusError("denied", status_code=401, retryable=False)


async def ask(scene: ScriptedScene) -> None:
    scene.chat.receive("question")
    await scene.has_completed(1)


async def ask_and_read(scene: ScriptedScene) -> None:
    """Leave it to the next question to interrupt."""
    scene.chat.receive("question")
    await scene.begins(BEGUN)
    await asyncio.sleep(2.0)


async def ask_and_see_it_begin(scene: ScriptedScene) -> None:
    """Leave it to the next question to interrupt, when there is hardly anything to see."""
    scene.chat.receive("question")
    await scene.begins("half")


async def ask_and_wait_for_a_word_to_come(scene: ScriptedScene) -> None:
    """Leave it to the next question to interrupt, before there is anything to see."""
    scene.chat.receive("question")
    await scene.has_asked(1)


async def ask_and_stop(scene: ScriptedScene) -> None:
    scene.chat.receive("question")
    await scene.has_asked(1)
    await asyncio.sleep(1.0)
    scene.chat.receive("/stop")
    await scene.has_completed(1)


async def ask_a_busy_worker(scene: ScriptedScene) -> None:
    async with scene.resources.slots.slot(1.0):
        scene.chat.receive("question")
        await asyncio.sleep(61.0)


async def ask_and_delete(scene: ScriptedScene) -> None:
    message = scene.chat.receive("question")
    await scene.begins("half")
    scene.chat.delete(message)
    await scene.begins()


@dataclass(frozen=True)
class Case:
    """One end of a reply."""

    outcome: Outcome
    answer: Callable[[], Answer]
    act: Callable[[ScriptedScene], Awaitable[None]]
    read: tuple[str, ...]
    """What people read in the end, before the answer to the next question."""
    told: tuple[str, ...]
    """What the LLM reads when the next question is asked: a question, an answer, and so on."""

    def __str__(self) -> str:
        bare = not any(text.startswith(("half", LONGEST, "an answer")) for text in self.read)
        if self.act is ask_and_see_it_begin:
            return "superseded with text"
        return f"{self.outcome.value} without text" if bare else self.outcome.value


CASES = [
    Case(
        Outcome.DONE,
        lambda: saying("an answer"),
        ask,
        ("an answer",),
        ("question", "an answer", "next"),
    ),
    Case(
        Outcome.INTERRUPTED,
        lambda: Held(BEGUN),
        ask_and_read,
        (f"{BEGUN} …",),
        ("question", BEGUN, "next"),
    ),
    Case(
        Outcome.SUPERSEDED,
        lambda: Held("half"),
        ask_and_see_it_begin,
        (),
        ("question\nnext",),
    ),
    Case(
        Outcome.SUPERSEDED,
        Held,
        ask_and_wait_for_a_word_to_come,
        (),
        ("question\nnext",),
    ),
    Case(
        Outcome.STOPPED,
        lambda: Held("half"),
        ask_and_stop,
        (f"half\n\n{STOPPED}",),
        ("question", "half", f"({NOTE})\nnext"),
    ),
    Case(Outcome.STOPPED, Held, ask_and_stop, (STOPPED,), (f"question\n({NOTE})\nnext",)),
    Case(
        Outcome.CUT,
        lambda: saying(LONGEST, "too much"),
        ask,
        (f"{LONGEST}\n\n{CUT}",),
        ("question", LONGEST, "next"),
    ),
    Case(
        Outcome.FILTERED,
        lambda: saying("half", withheld()),
        ask,
        (f"half\n\n{FILTERED}",),
        (f"({LEFT_OUT})\nnext",),
    ),
    Case(
        Outcome.FILTERED,
        lambda: saying(withheld()),
        ask,
        (FILTERED,),
        (f"({LEFT_OUT})\nnext",),
    ),
    Case(
        Outcome.TOO_LONG,
        lambda: failing(error=too_long()),
        ask,
        (TOO_LONG,),
        (f"({LEFT_OUT})\nnext",),
    ),
    Case(Outcome.REFUSED, saying, ask_a_busy_worker, (BUSY,), (f"question\n({UNANSWERED})\nnext",)),
    Case(Outcome.EMPTY, saying, ask, (NO_ANSWER,), (f"question\n({UNANSWERED})\nnext",)),
    Case(
        Outcome.FAILED,
        lambda: failing("half", error=refused()),
        ask,
        (f"half\n\n{FAILED}",),
        ("question", "half", f"({BROKEN_OFF})\nnext"),
    ),
    Case(
        Outcome.FAILED,
        lambda: failing(error=refused()),
        ask,
        (FAILED,),
        (f"question\n({UNANSWERED})\nnext",),
    ),
    Case(Outcome.WITHDRAWN, lambda: Held("half"), ask_and_delete, (), ("next",)),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_people_see_how_a_reply_ended_and_the_llm_knows(case: Case) -> None:
    async def scene_of_one() -> None:
        async with talking(case.answer(), setting=ALONE) as scene:
            await case.act(scene)
            scene.model.script.answers[:] = [saying("the next answer")]
            scene.chat.receive("next")
            await scene.shown(*case.read, "the next answer")
            assert [text for _, text in scene.asked[-1]] == list(case.told)
            roles = [role for role, _ in scene.asked[-1]]
            assert roles == ["user", "assistant", "user"][-len(roles) :]
            others = {case.outcome.value, Outcome.DONE.value}
            assert set(scene.answering.outcomes) == others
            assert scene.answering.outcomes[case.outcome.value] >= 1
            writes = len(scene.chat.writes)
            await asyncio.sleep(1_800.0)
            assert len(scene.chat.writes) == writes, "something was written after the end"

    play(scene_of_one())


def test_no_end_is_left_out() -> None:
    assert {case.outcome for case in CASES} == set(Outcome) - {
        Outcome.SHUT_DOWN,
        Outcome.ANEW,
    }


@pytest.mark.parametrize(("said", "read"), [(("half",), f"half\n\n{SHUT_DOWN}"), ((), SHUT_DOWN)])
@pytest.mark.parametrize("by", ["conversation", "session"])
def test_a_reply_that_the_agent_leaves_ends_in_words(
    said: tuple[str, ...], read: str, by: str
) -> None:
    async def scene_of_one() -> None:
        async with talking(Held(*said)) as scene:
            scene.chat.receive("question")
            await scene.has_asked(1)
            await asyncio.sleep(1.0)
            await (scene.aclose() if by == "conversation" else scene.session.aclose())
            await scene.shown(read)
            assert scene.answering.outcomes == {Outcome.SHUT_DOWN.value: 1}

    play(scene_of_one())


@pytest.mark.parametrize(
    ("said", "read", "seconds"),
    [
        ((), FAILED, DEFAULT_LIMITS.first_token),
        (("half",), f"half\n\n{FAILED}", DEFAULT_LIMITS.gap),
    ],
    ids=["before the first word", "after it"],
)
def test_an_llm_that_falls_silent_is_given_up_in_words(
    said: tuple[str, ...], read: str, seconds: float
) -> None:
    async def scene_of_one() -> None:
        async with talking(Held(*said), Held(*said)) as scene:
            asked_at = asyncio.get_running_loop().time()
            scene.chat.receive("question")
            await eventually(lambda: scene.chat.completed, 2 * seconds)
            await scene.shown(read)
            assert asyncio.get_running_loop().time() - asked_at == pytest.approx(seconds, abs=0.2)
            scene.model.script.answers[:] = [saying("an answer")]
            scene.chat.receive("next")
            await scene.shown(read, "an answer")

    play(scene_of_one())


def test_an_llm_that_never_ends_is_cut_off_in_words() -> None:
    async def endless() -> AsyncIterator[str]:
        while True:
            yield "word "
            await asyncio.sleep(10.0)

    async def scene_of_one() -> None:
        async with talking(endless) as scene:
            asked_at = asyncio.get_running_loop().time()
            scene.chat.receive("question")
            await eventually(lambda: scene.chat.completed, 2 * DEFAULT_LIMITS.whole)
            lasted = asyncio.get_running_loop().time() - asked_at
            assert lasted == pytest.approx(DEFAULT_LIMITS.whole, abs=0.2)
            assert scene.chat.completed[0].startswith("word word ")
            assert scene.chat.completed[0].endswith(f"\n\n{FAILED}")
            scene.chat.receive("next")
            await scene.has_completed(2)

    play(scene_of_one())
