"""How one turn is answered: the LLM generates, a reply grows in the chat, and ends in one way."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from livekit.agents import AgentSession, llm

from chat import ChatManager
from chat.events import OwnedTasks

from .attempt import Attempt, CutOffError
from .endings import closing_words
from .limits import NoFreeSlotError, TurnSlots
from .people import People, is_agent
from .reply import GrowingReplies, ReplyWriter
from .text_agent import TextAgent
from .text_output import ReplyTextOutput
from .turns.history import History
from .turns.turn import Outcome, Turn

logger = logging.getLogger(__name__)


@dataclass
class Shared:
    """What all rooms of a process share."""

    slots: TurnSlots
    """Turns that are answered at once."""

    growing: GrowingReplies = field(default_factory=GrowingReplies)
    """Replies that are being written."""


@dataclass
class Voice:
    """A session, its agent, and where its text comes out."""

    session: AgentSession[None]
    agent: TextAgent
    output: ReplyTextOutput


class Answering:
    """Answers turns, one at a time."""

    def __init__(
        self,
        chat: ChatManager,
        people: People,
        voice: Voice,
        shared: Shared,
        history: History,
        patience: float,
    ) -> None:
        """Answer nothing yet.

        Args:
            chat: Where replies go.
            people: Tells who asks.
            voice: What generates them.
            shared: What the rooms of this process share.
            history: What the LLM is told; the turn that is answered must be in it.
            patience: Seconds that a turn waits until the worker has a slot for it.
        """
        self.current: Attempt | None = None
        """What is being generated; None between turns."""
        self.outcomes: Counter[str] = Counter()
        """How many replies ended in which way."""
        self._chat = chat
        self._people = people
        self._voice = voice
        self._shared = shared
        self._history = history
        self._patience = patience
        self._newest: ReplyWriter | None = None
        self._checks = OwnedTasks()

    async def answer(self, turn: Turn) -> Outcome:
        """Answer a turn, again and again if its questions change meanwhile.

        Returns:
            How the reply ended. After `INTERRUPTED`, ``turn.outcome`` is None if nobody has seen
            anything of it: there is no bubble, and the questions are still to be answered.
        """
        started = time.monotonic()
        try:
            while (outcome := await self._attempt(turn)) is None:
                turn.answer = []
        finally:
            self.current = None
        self.outcomes[outcome.value] += 1
        seconds = round(time.monotonic() - started, 3)
        logger.info("reply ended", extra={"outcome": outcome.value, "seconds": seconds})
        return outcome

    async def aclose(self, limit: float) -> None:
        """Wait until the newest reply is delivered, at most `limit` seconds, then give it up."""
        if self._newest is not None:
            await self._newest.aclose(limit)
        self._checks.cancel()

    async def _attempt(self, turn: Turn) -> Outcome | None:
        """Answer a turn once. None if it must be answered anew."""
        self.current = attempt = Attempt(turn)
        checked = self._checks.spawn(self._check_authors(attempt), "author check")
        reply = await self._open_reply(turn, checked)
        self._voice.output.reply = reply
        try:
            outcome = await self._generate(attempt, checked)
        except asyncio.CancelledError:
            self._finish(reply)
            raise
        finally:
            self._voice.output.reply = None
        return await self._end(turn, reply, outcome)

    async def _open_reply(self, turn: Turn, checked: asyncio.Task[bool]) -> ReplyWriter:
        into = None
        if turn.reply is not None:
            await turn.reply.written()
            into = turn.reply.message
        before = self._newest if into is None else None

        async def permission() -> bool:
            if before is not None:
                await before.written()
            return await asyncio.shield(checked)

        turn.reply = ReplyWriter(self._chat, self._shared.growing, permission(), into)
        return turn.reply

    def _finish(self, reply: ReplyWriter) -> None:
        reply.finish()
        self._newest = reply

    async def _check_authors(self, attempt: Attempt) -> bool:
        """Wait until those who ask can see an answer. False if agents were among them."""
        people = True
        turn = attempt.turn
        for question in list(turn.questions):
            author = await self._people.author(question.identity)
            if author is None:
                continue
            if is_agent(author):
                people = False
                if question in turn.questions:
                    turn.questions.remove(question)
            else:
                question.identity = author.identity
                question.name = self._people.name(author.identity)
        if not people:
            # The LLM was told what another agent said.
            attempt.cut(None)
        return people

    async def _generate(self, attempt: Attempt, checked: asyncio.Task[bool]) -> Outcome | None:
        try:
            async with AsyncExitStack() as stack:
                slot = stack.enter_async_context(self._shared.slots.slot(self._patience))
                await attempt.unless_cut(slot)
                voice, context = self._voice, self._history.context()
                outcome = await attempt.run(voice.session, voice.agent, context)
            await attempt.unless_cut(asyncio.shield(checked))
        except CutOffError:
            return attempt.cut_as
        except NoFreeSlotError:
            return Outcome.REFUSED
        except Exception:
            # What nobody foresaw must cost one answer, not the room.
            logger.exception("turn failed")
            return Outcome.FAILED
        # What was edited or deleted in the moment of the last word still is.
        changed = attempt.is_cut and attempt.cut_as in (None, Outcome.WITHDRAWN)
        return attempt.cut_as if changed else outcome

    async def _end(self, turn: Turn, reply: ReplyWriter, outcome: Outcome | None) -> Outcome | None:
        if not turn.questions:
            await reply.drop()
            return Outcome.WITHDRAWN
        if outcome is None:
            reply.abandon()
            return None
        if outcome is Outcome.INTERRUPTED and not reply.shown:
            reply.abandon()
            return outcome
        if outcome is Outcome.DONE and not reply.has_text:
            outcome = Outcome.EMPTY
        words = closing_words(outcome, after_text=reply.has_text, after_space=reply.ends_with_space)
        reply.append(words)
        self._finish(reply)
        if not turn.answer and outcome is not Outcome.STOPPED:
            # The LLM is to know that this was not answered, and what the person was told.
            turn.answer = [llm.ChatMessage(role="assistant", content=[words])]
        turn.outcome = outcome
        turn.ended_at = asyncio.get_running_loop().time()
        return outcome
