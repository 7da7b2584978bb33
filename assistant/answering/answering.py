"""How one turn is answered: the LLM generates, a reply grows in the chat, and ends in one way."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from livekit.agents import llm

from assistant.people.people import People, is_agent
from assistant.turns.history import History
from assistant.turns.turn import Outcome, Turn
from chat import ChatManager
from chat.events import OwnedTasks

from .attempt import Attempt, CutOffError
from .endings import closing_words
from .reply import GrowingReplies, ReplyWriter
from .session import TextSession
from .slots import NoFreeSlotError, TurnSlots, TurnStarts

logger = logging.getLogger(__name__)


@dataclass
class ProcessResources:
    """What all rooms of a process share."""

    slots: TurnSlots
    """Turns that are answered at once."""

    starts: TurnStarts = field(default_factory=TurnStarts)
    """Lets turns begin."""

    growing: GrowingReplies = field(default_factory=GrowingReplies)
    """Replies that are being written."""


class Answering:
    """Answers turns, one at a time."""

    def __init__(
        self,
        chat: ChatManager,
        people: People,
        session: TextSession,
        resources: ProcessResources,
        history: History,
        patience: float,
    ) -> None:
        """Answer nothing yet.

        Args:
            chat: Where replies go.
            people: Tells who asks.
            session: What generates them.
            resources: What the rooms of this process share.
            history: What the LLM is told; the turn that is answered must be in it.
            patience: Seconds that a turn waits until the worker has a slot for it.
        """
        self.current: Attempt | None = None
        """What is being generated; None between turns."""
        self.outcomes: Counter[str] = Counter()
        """How many replies ended in which way."""
        self._chat = chat
        self._people = people
        self._session = session
        self._resources = resources
        self._history = history
        self._patience = patience
        self._newest: ReplyWriter | None = None
        self._writers = OwnedTasks()
        self._checks = OwnedTasks()

    async def answer(self, turn: Turn) -> Outcome:
        """Answer a turn, again and again if its questions change meanwhile.

        Returns:
            How the reply ended. After `INTERRUPTED`, ``turn.outcome`` is None if the LLM had not
            said anything: the questions are still to be answered.
        """
        started = time.monotonic()
        try:
            while (outcome := await self._attempt(turn)) is Outcome.ANEW:
                pass
        finally:
            self.current = None
            self._session.forget()
        self.outcomes[outcome.value] += 1
        seconds = round(time.monotonic() - started, 3)
        logger.info("reply ended", extra={"outcome": outcome.value, "seconds": seconds})
        return outcome

    @property
    def is_replacing(self) -> bool:
        """Whether an answer is to be given anew in its bubble, and has no word yet."""
        if self.current is None:
            return False
        reply = self.current.turn.reply
        silent = reply is not None and bool(reply.replaced_text) and not reply.has_text
        return silent or self.current.cut_as is Outcome.ANEW

    async def delivered(self) -> None:
        """Wait until all replies are delivered or given up."""
        await self._writers.wait()

    def cancel(self) -> None:
        """Write nothing any more."""
        self._writers.cancel()
        self._checks.cancel()

    async def _attempt(self, turn: Turn) -> Outcome:
        self.current = attempt = Attempt(turn)
        answer_before, turn.answer, turn.outcome = turn.answer, [], None
        checked = self._checks.spawn(self._check_authors(attempt), "author check")
        reply = self._open_reply(turn, checked)
        self._session.output.reply = reply
        try:
            outcome = await self._generate(attempt, checked)
            return self._end(turn, reply, outcome, answer_before)
        except BaseException as error:
            cancelled = isinstance(error, asyncio.CancelledError)
            self._conclude(turn, reply, Outcome.SHUT_DOWN if cancelled else Outcome.FAILED)
            raise
        finally:
            self._session.output.reply = None
            # Whatever happened: a writer that is not told of the end would wait for ever.
            reply.finish()

    def _open_reply(self, turn: Turn, checked: asyncio.Task[bool]) -> ReplyWriter:
        replaced = turn.reply
        before = self._newest

        async def permission() -> bool:
            if before is not None:
                await before.written()
            return await asyncio.shield(checked)

        turn.reply = ReplyWriter(
            self._chat, self._resources.growing, self._writers, permission, replaced
        )
        return turn.reply

    async def _check_authors(self, attempt: Attempt) -> bool:
        """Wait until those who ask can see an answer. False if agents were among them."""
        turn = attempt.turn
        newest = {question.identity: question for question in turn.questions}
        found = await asyncio.gather(*map(self._people.author, newest.values()))
        authors = {author.identity: author for author in found if author is not None}
        for question in turn.questions:
            if question.identity in authors:
                question.name = self._people.name(question.identity)
        agents = {identity for identity, author in authors.items() if is_agent(author)}
        if not agents:
            return True
        # The LLM was told what another agent said.
        turn.questions[:] = [q for q in turn.questions if q.identity not in agents]
        attempt.cut(Outcome.ANEW)
        # If a person stopped it first, the person is to see that.
        return attempt.cut_as is not Outcome.ANEW and bool(turn.questions)

    async def _generate(self, attempt: Attempt, checked: asyncio.Task[bool]) -> Outcome:
        try:
            async with AsyncExitStack() as stack:
                slot = stack.enter_async_context(self._resources.slots.slot(self._patience))
                await attempt.unless_cut(slot)
                await attempt.unless_cut(self._resources.starts.admit())
                outcome = await attempt.run(self._session, self._history.context(attempt.turn))
            return await self._confirm(attempt, checked, outcome)
        except CutOffError as cut_off:
            return cut_off.outcome
        except NoFreeSlotError:
            return Outcome.REFUSED
        except Exception:
            # What nobody foresaw must cost one answer, not the room.
            logger.exception("turn failed")
            return Outcome.FAILED

    async def _confirm(
        self, attempt: Attempt, checked: asyncio.Task[bool], outcome: Outcome
    ) -> Outcome:
        """Wait until the authors are known; what was generated whole is not interrupted any more.

        Raises:
            CutOffError: It was edited, deleted or stopped meanwhile.
        """
        await asyncio.wait({checked})
        if attempt.cut_as in (None, Outcome.INTERRUPTED, Outcome.SHUT_DOWN):
            return outcome
        raise CutOffError(attempt.cut_as)

    def _end(
        self, turn: Turn, reply: ReplyWriter, outcome: Outcome, answer_before: list[llm.ChatItem]
    ) -> Outcome:
        """End a reply in one way, or leave its bubble to the next attempt.

        Where the LLM said nothing yet, an answer that was to be replaced stays.
        """
        if not turn.questions:
            self._writers.spawn(reply.drop(), "reply deletion")
            return Outcome.WITHDRAWN
        if not reply.has_text:
            turn.answer = turn.answer or answer_before
        if outcome is Outcome.ANEW or (outcome is Outcome.INTERRUPTED and not reply.has_text):
            reply.abandon()
        else:
            silent = outcome is Outcome.DONE and not reply.has_text
            outcome = Outcome.EMPTY if silent else outcome
            self._conclude(turn, reply, outcome)
        return outcome

    def _conclude(self, turn: Turn, reply: ReplyWriter, outcome: Outcome) -> None:
        reply.keep_replaced()
        text = reply.text
        words = closing_words(outcome, after_text=reply.has_text, after_space=text[-1:].isspace())
        # An answer that was to be replaced may end so already.
        if not text.endswith(words):
            reply.append(words)
        self._finish(reply)
        if not turn.answer and outcome is not Outcome.STOPPED:
            # The LLM is to know that this was not answered, and what the person was told.
            turn.answer = [llm.ChatMessage(role="assistant", content=[words])]
        turn.outcome = outcome
        turn.ended_at = asyncio.get_running_loop().time()

    def _finish(self, reply: ReplyWriter) -> None:
        reply.finish()
        self._newest = reply
