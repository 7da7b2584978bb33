"""How one turn is answered: attempts of the LLM, until one of them ends the reply."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from livekit.agents import llm

from assistant.memory.journal import Journal
from assistant.people.people import People
from assistant.turns.history import History
from assistant.turns.turn import Outcome, Turn
from chat import ChatManager, OwnedTasks, failure_fields

from .aloud import ReadingAloud
from .attempt import Attempt, CutOffError
from .authors import check_authors
from .endings import BubbleEnd, closing_words, end_of, last_words
from .replies import Replies
from .session import TextSession
from .slots import NoFreeSlotError, TurnSlots, TurnStarts

logger = logging.getLogger(__name__)

_TOO_LATE = (Outcome.INTERRUPTED, Outcome.SUPERSEDED, Outcome.SHUT_DOWN)
"""What does not cut off an answer that was generated whole."""


@dataclass
class ProcessResources:
    """What all rooms of a process share."""

    slots: TurnSlots
    """Turns that are answered at once."""

    starts: TurnStarts = field(default_factory=TurnStarts)
    """Lets turns begin."""


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
        aloud: ReadingAloud | None = None,
        journal: Journal | None = None,
    ) -> None:
        """Answer nothing yet.

        Args:
            chat: Where replies go.
            people: Tells who asks.
            session: What generates them.
            resources: What the rooms of this process share.
            history: What the LLM is told; the turn that is answered must be in it.
            patience: Seconds that a turn waits until the worker has a slot for it.
            aloud: Reads replies out; None does not.
            journal: Is told of them; None keeps nothing.
        """
        self.aloud = aloud or ReadingAloud()
        """Reads replies out."""
        self.current: Attempt | None = None
        """What is being generated; None between turns."""
        self.outcomes: Counter[str] = Counter()
        """How many replies ended in which way."""
        self._ended_at = -math.inf
        self._people = people
        self._session = session
        self._resources = resources
        self._history = history
        self._patience = patience
        self._journal = journal or Journal()
        self._replies = Replies(chat)
        self._checks = OwnedTasks()

    async def answer(self, turn: Turn) -> Outcome:
        """Answer a turn, again and again if its questions change meanwhile.

        Returns:
            How the reply ended. After `Outcome.SUPERSEDED` the questions are still to be answered.
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
    def spoke_at(self) -> float:
        """When an answer last got its first word or its last, by the event loop's clock."""
        began_at = None if self.current is None else self.current.reply.began_at
        return self._ended_at if began_at is None else began_at

    @property
    def is_replacing(self) -> bool:
        """Whether an answer is to be given anew in its bubble, and has no word yet."""
        if self.current is None:
            return False
        return self.current.reply.is_replacing or self.current.cut_as is Outcome.ANEW

    def take_back(self, turn: Turn) -> None:
        """Delete what people see of the answer to a turn. Questions that it still has are not answered."""
        self.aloud.hush(lambda other: other.bubble is turn.bubble)
        self._journal.withdrawn(turn)
        self._replies.take_back(turn.bubble, lambda: self._journal.undone(turn))

    def conclude(self, turn: Turn, outcome: Outcome, notice: str = "") -> None:
        """End an answer that nobody goes on with: what there is of it stays.

        Args:
            turn: The turn. It is not being answered.
            outcome: How the answer ended.
            notice: The name of what is put at its end; nothing if it is empty.
        """
        turn.outcome, turn.ended_at = outcome, asyncio.get_running_loop().time()
        kept = turn.bubble.kept
        self._write(turn, kept + last_words(notice, kept), kept)

    def leave(self, turn: Turn) -> None:
        """End a turn as it stands: nothing more is written of its answer, if there is one."""
        self._journal.ended(turn)
        self._journal.delivered(turn)

    def deliver(self, turn: Turn) -> None:
        """Write the whole of an answer that was ended, but may not have reached people."""
        self._write(turn, turn.bubble.text, turn.bubble.kept)

    def _write(self, turn: Turn, text: str, kept: str) -> None:
        granted = asyncio.get_running_loop().create_future()
        granted.set_result(True)
        reply = self._replies.open(turn.bubble, lambda: granted)
        reply.on_written(lambda: self._journal.delivered(turn))
        reply.append(text)
        reply.finish()
        turn.bubble.kept = kept
        self._journal.ended(turn)

    async def delivered(self) -> None:
        """Wait until all replies are delivered or given up."""
        await self._replies.delivered()

    def cancel(self) -> None:
        """Write nothing any more."""
        self._replies.cancel()
        self._checks.cancel()

    async def _attempt(self, turn: Turn) -> Outcome:
        reply = self._replies.open(
            turn.bubble, lambda: checked, self.aloud.begin(turn), self._journal.noted
        )
        reply.on_written(lambda: self._journal.delivered(turn))
        self._journal.writing(lambda: reply.sent)
        self.current = attempt = Attempt(turn, reply)
        checked = self._checks.spawn(check_authors(attempt, self._people), "author check")
        self._session.output.reply = reply
        try:
            outcome = await self._generate(attempt, checked)
            return self._end(attempt, outcome)
        except BaseException as error:
            cancelled = isinstance(error, asyncio.CancelledError)
            self._conclude(attempt, Outcome.SHUT_DOWN if cancelled else Outcome.FAILED)
            raise
        finally:
            self._session.output.reply = None
            # Whatever happened: a writer that is not told of the end would wait for ever.
            reply.finish()

    async def _generate(self, attempt: Attempt, checked: asyncio.Task[bool]) -> Outcome:
        try:
            async with AsyncExitStack() as stack:
                slot = stack.enter_async_context(self._resources.slots.slot(self._patience))
                await attempt.unless_cut(slot)
                await attempt.unless_cut(self._resources.starts.admit())
                if attempt.cut_as is not None:
                    # In the moment in which it could begin.
                    raise CutOffError(attempt.cut_as)
                outcome = await attempt.run(self._session, self._context(attempt.turn))
            return await self._confirm(attempt, checked, outcome)
        except CutOffError as cut_off:
            return cut_off.outcome
        except NoFreeSlotError:
            return Outcome.REFUSED
        except Exception as error:  # noqa: BLE001  # It is logged, without its words.
            # What nobody foresaw must cost one answer, not the room.
            logger.error("turn failed", extra=failure_fields(error))
            return Outcome.FAILED

    def _context(self, turn: Turn) -> llm.ChatContext:
        return self._history.context(turn, [person.identity for person in self._people.present])

    async def _confirm(
        self, attempt: Attempt, checked: asyncio.Task[bool], outcome: Outcome
    ) -> Outcome:
        """Wait until the authors are known; what was generated whole is not interrupted any more.

        Raises:
            CutOffError: It was edited, deleted or stopped meanwhile.
        """
        await asyncio.wait({checked})
        if attempt.cut_as in (None, *_TOO_LATE):
            return outcome
        raise CutOffError(attempt.cut_as)

    def _end(self, attempt: Attempt, outcome: Outcome) -> Outcome:
        turn, reply = attempt.turn, attempt.reply
        end = end_of(outcome, has_text=reply.has_text, has_questions=bool(turn.questions))
        match end.bubble:
            case BubbleEnd.COMPLETE:
                self._conclude(attempt, end.outcome)
            case BubbleEnd.LEAVE:
                reply.abandon()
                if reply.has_text:
                    attempt.hand_over_answer()
                if end.outcome is Outcome.SUPERSEDED:
                    turn.bubble.kept = ""
            case BubbleEnd.TAKE_BACK:
                self.take_back(turn)
        return end.outcome

    def _conclude(self, attempt: Attempt, outcome: Outcome) -> None:
        turn, reply = attempt.turn, attempt.reply
        attempt.hand_over_answer()
        reply.keep_replaced()
        words = closing_words(outcome, reply.text, attempt.failure, thought=attempt.thought)
        reply.finish(words)
        turn.outcome = outcome
        turn.ended_at = self._ended_at = asyncio.get_running_loop().time()
        self._journal.ended(turn)
