"""One attempt of the LLM at a turn, which can be cut off at any moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from livekit.agents import llm

from assistant.language_model import WITHDRAWN, Failure, Remedy, answered_part
from assistant.language_model.generation import Ending
from assistant.turns.turn import Outcome, Turn
from chat import is_blank

from .reply import ReplyWriter
from .session import TextSession

T = TypeVar("T")

_OUTCOMES = {
    Ending.COMPLETE: Outcome.DONE,
    Ending.CUT: Outcome.CUT,
    Ending.FILTERED: Outcome.FILTERED,
    Ending.FAILED: Outcome.FAILED,
}

_PRECEDENCE = (
    Outcome.INTERRUPTED,
    Outcome.SUPERSEDED,
    Outcome.ANEW,
    Outcome.WITHDRAWN,
    Outcome.SHUT_DOWN,
    Outcome.STOPPED,
)
"""How an attempt can be cut off, weakest first: who leaves or stops it wants no other attempt. That
nothing is left to answer is seen from the turn, whatever comes after it here."""


class CutOffError(Exception):
    """The result of what was awaited is no longer needed."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(f"cut off: {outcome.value}")
        self.outcome = outcome
        """How the attempt ended."""


class Attempt:
    """Generates the answer to a turn, once."""

    def __init__(self, turn: Turn, reply: ReplyWriter) -> None:
        """Begin nothing yet.

        Args:
            turn: What is answered.
            reply: Where the answer is written.
        """
        self.turn = turn
        """What is answered."""
        self.reply = reply
        """Where the answer is written."""
        self.answer: list[llm.ChatItem] = []
        """What the LLM said, its tool calls included; as far as it came, if it was cut off."""
        self.failure: Failure | None = None
        """Why the LLM failed; None if it did not."""
        self.thought = False
        """Whether the LLM thought."""
        self.cut_as: Outcome | None = None
        """How it was cut off; None if it was not."""
        self._cut: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def cut(self, outcome: Outcome) -> None:
        """End it. Of several outcomes the one counts that is later in `_PRECEDENCE`."""
        self.reply.hush()
        if self.cut_as is None or _PRECEDENCE.index(outcome) > _PRECEDENCE.index(self.cut_as):
            self.cut_as = outcome
        if not self._cut.done():
            self._cut.set_result(None)

    def interrupt(self) -> None:
        """End it because its asker wrote again: what has hardly begun is not kept."""
        begun = not self.reply.has_hardly_begun
        self.cut(Outcome.INTERRUPTED if begun else Outcome.SUPERSEDED)

    async def unless_cut(self, awaitable: Awaitable[T]) -> T:
        """Wait for something that the answer depends on.

        Raises:
            CutOffError: It was cut off first. What was waited for is cancelled.
        """
        task = asyncio.ensure_future(awaitable)
        try:
            if not self._cut.done():
                await self._first(task)
            if not task.done() and self.cut_as is not None:
                raise CutOffError(self.cut_as)
            return task.result()
        finally:
            task.cancel()

    async def _first(self, future: asyncio.Future[Any]) -> None:
        waited_for: set[asyncio.Future[Any]] = {future, self._cut}
        await asyncio.wait(waited_for, return_when=asyncio.FIRST_COMPLETED)

    def hand_over_answer(self) -> None:
        """Have the turn's answer be what people see in its bubble: this one, once it says anything."""
        if self.answer or self.reply.has_text:
            self.turn.answer = self.answer

    async def run(self, session: TextSession, context: llm.ChatContext) -> Outcome:
        """Have the session answer. What it says is in `answer` then, also if it is cut off.

        Raises:
            CutOffError: It was cut off. The LLM has been told.
            RuntimeError: The session has ended.
        """
        agent = session.agent
        await agent.update_chat_ctx(context)
        given = {item.id for item in agent.chat_ctx.items}
        agent.begin()
        speech = session.session.generate_reply()
        done = asyncio.ensure_future(speech.wait_for_playout())
        try:
            await self._first(done)
            if not speech.done():
                speech.interrupt(force=True)
            # The session adds the partial answer to its history before it says that it is done.
            await done
        finally:
            if not speech.done():
                speech.interrupt(force=True)
            done.cancel()
            said = [item for item in agent.chat_ctx.items if item.id not in given]
            answer = [_without_withdrawn(item) for item in said]
            self.answer = [item for item in answer if not _is_blank(item)]
            self.failure, self.thought = agent.failure, agent.thought
        if speech.interrupted:
            # By a cut; else the session was closed.
            raise CutOffError(self.cut_as or Outcome.SHUT_DOWN)
        if speech.exception() is not None and agent.ending is Ending.COMPLETE:
            return Outcome.FAILED
        if self.failure is not None and self.failure.remedy is Remedy.SHORTEN:
            return Outcome.TOO_LONG
        return _OUTCOMES[agent.ending]


def _without_withdrawn(item: llm.ChatItem) -> llm.ChatItem:
    if isinstance(item, llm.ChatMessage) and WITHDRAWN in (item.text_content or ""):
        item.content = [answered_part(item.text_content or "")]
    return item


def _is_blank(item: llm.ChatItem) -> bool:
    return isinstance(item, llm.ChatMessage) and is_blank(item.text_content or "")
