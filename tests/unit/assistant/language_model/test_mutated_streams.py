"""Answers that are damaged in any way: each ends once, and the room goes on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import prompts
from assistant.arriving.limits import Limits
from assistant.turns.turn import Outcome
from tests.doubles import End, RawAnswer, RawRequest, RawService
from tests.samples.service_sample import ordinary
from tests.unit.assistant.language_model.damaged_answers import (
    WHOLE,
    WORDS,
    Mutated,
    arriving,
    mutated,
)
from tests.unit.assistant.language_model.service_room import (
    ORDINARY_ANSWER,
    ServiceRoom,
    check_that_a_strict_service_takes,
    room_on,
)
from tests.unit.assistant.scene import Setting

ENDS = {
    outcome.value
    for outcome in (Outcome.DONE, Outcome.CUT, Outcome.FILTERED, Outcome.EMPTY, Outcome.FAILED)
}


class OneRoom(logging.Handler):
    """A room that all examples share, and what went wrong in it."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.next: RawAnswer | None = None
        """What the next request is answered with; None is as it should be."""
        self.wrong: list[str] = []
        self.asked = 0
        self.room: ServiceRoom

    def emit(self, record: logging.LogRecord) -> None:
        self.wrong.append(f"{record.getMessage()} {record.exc_info}")

    def answer(self, request: RawRequest) -> RawAnswer:
        answer, self.next = self.next, None
        return answer or ordinary(ORDINARY_ANSWER, request)

    async def enter(self, stack: AsyncExitStack) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: self.wrong.append(str(context)))
        http = await stack.enter_async_context(RawService(self.answer))
        limits = Limits(messages_per_minute=1_000_000)
        room = room_on(http, setting=Setting(limits=limits), model="mutated")
        self.room = await stack.enter_async_context(room)

    async def check(self, mutated: Mutated) -> None:
        shown, outcome = await self.ask(mutated.answer)
        assert outcome in ENDS
        if not mutated.repeats:
            assert not [word for word in WORDS if shown.count(word) > 1], shown
        assert await self.ask(None) == (ORDINARY_ANSWER, Outcome.DONE.value)
        check_that_a_strict_service_takes(self.room.http.requests[-1])
        assert self.wrong == []

    async def ask(self, answer: RawAnswer | None) -> tuple[str, str]:
        """Ask something new, which is answered with this, and if it is asked again as it should be."""
        self.next = answer
        self.asked += 1
        return await self.room.ask(f"Question {self.asked}?")


@pytest.fixture(scope="module")
def one_room() -> Iterator[tuple[asyncio.Runner, OneRoom]]:
    with pytest.MonkeyPatch.context() as patch, asyncio.Runner() as runner:
        patch.setattr("assistant.answering.text_agent.RETRY_DELAY", 0.0)
        room, stack = OneRoom(), AsyncExitStack()
        logging.getLogger("assistant").addHandler(room)
        runner.run(room.enter(stack))
        yield runner, room
        runner.run(stack.aclose())
        logging.getLogger("assistant").removeHandler(room)


@settings(max_examples=100, deadline=None)
@given(mutated=mutated())
def test_a_damaged_answer_ends_once_and_the_room_goes_on(
    one_room: tuple[asyncio.Runner, OneRoom], mutated: Mutated
) -> None:
    runner, room = one_room
    runner.run(room.check(mutated))


@settings(max_examples=40, deadline=None)
@given(arriving=arriving())
def test_however_it_arrives_an_answer_is_the_same(
    one_room: tuple[asyncio.Runner, OneRoom], arriving: Mutated
) -> None:
    runner, room = one_room
    assert runner.run(room.ask(arriving.answer)) == (WHOLE, Outcome.DONE.value)


@settings(max_examples=60, deadline=None)
@given(arriving=arriving(), kept=st.floats(0, 1), end=st.sampled_from(End))
def test_an_answer_whose_end_nobody_confirmed_is_never_complete(
    one_room: tuple[asyncio.Runner, OneRoom], arriving: Mutated, kept: float, end: End
) -> None:
    runner, room = one_room
    body = arriving.body[: int(kept * len(arriving.body))]
    shown, outcome = runner.run(room.ask(Mutated(body, arriving.pieces, end).answer))
    if outcome == Outcome.DONE.value:
        # Where nothing was shown it may be asked again.
        assert shown in (WHOLE, ORDINARY_ANSWER)
    else:
        assert outcome == Outcome.FAILED.value
        text = shown.removesuffix(prompts.load("notice_answer_failed")).rstrip()
        # Half a mark may as well be text.
        assert WHOLE.startswith(text) or "<think".startswith(text)
