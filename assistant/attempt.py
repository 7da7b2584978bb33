"""One attempt of the LLM at a turn, which can be cut off at any moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from livekit.agents import AgentSession, llm

from .generation import Ending
from .text_agent import TextAgent
from .turns.turn import Outcome, Turn

T = TypeVar("T")

_OUTCOMES = {
    Ending.COMPLETE: Outcome.DONE,
    Ending.CUT: Outcome.CUT,
    Ending.FILTERED: Outcome.FILTERED,
    Ending.FAILED: Outcome.FAILED,
}


class CutOffError(Exception):
    """What was waited for does not matter any more."""


class Attempt:
    """Generates the answer to a turn, once."""

    def __init__(self, turn: Turn) -> None:
        """Begin nothing yet.

        Args:
            turn: What is answered.
        """
        self.turn = turn
        """What is answered."""
        self._outcome: Outcome | None = None
        self._cut: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def cut(self, outcome: Outcome | None) -> None:
        """End it. The first outcome counts, but a stop goes before any other.

        Args:
            outcome: How it ends; None if the turn is to be answered anew.
        """
        if outcome is Outcome.STOPPED or self._outcome is None:
            self._outcome = outcome
        if not self.is_cut:
            self._cut.set_result(None)

    @property
    def is_cut(self) -> bool:
        """Whether it was cut off."""
        return self._cut.done()

    @property
    def cut_as(self) -> Outcome | None:
        """How it was cut off, see `cut`."""
        return self._outcome

    async def unless_cut(self, awaitable: Awaitable[T]) -> T:
        """Wait for something that the answer depends on.

        Raises:
            CutOffError: It was cut off first. What was waited for is cancelled.
        """
        task = asyncio.ensure_future(awaitable)
        try:
            await self._first(task)
            if not task.done():
                raise CutOffError
            return task.result()
        finally:
            task.cancel()

    async def _first(self, future: asyncio.Future[Any]) -> None:
        waited_for: set[asyncio.Future[Any]] = {future, self._cut}
        await asyncio.wait(waited_for, return_when=asyncio.FIRST_COMPLETED)

    async def run(
        self, session: AgentSession[None], agent: TextAgent, context: llm.ChatContext
    ) -> Outcome:
        """Have the session answer. What it said is put into the turn, also if it is cut off.

        Raises:
            CutOffError: It was cut off. The LLM has been told.
            RuntimeError: The session has ended.
        """
        await agent.update_chat_ctx(context)
        given = {item.id for item in agent.chat_ctx.items}
        agent.begin()
        speech = session.generate_reply()
        done = asyncio.ensure_future(speech.wait_for_playout())
        try:
            await self._first(done)
        finally:
            if not speech.done():
                speech.interrupt(force=True)
        # The session adds the partial answer to its history before it says that it is done.
        await done
        self.turn.answer = [item for item in agent.chat_ctx.items if item.id not in given]
        if speech.interrupted:
            if not self.is_cut:
                self.cut(Outcome.SHUT_DOWN)  # The session was closed.
            raise CutOffError
        if speech.exception() is not None:
            return Outcome.FAILED
        return _OUTCOMES[agent.ending]
