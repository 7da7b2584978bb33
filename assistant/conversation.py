"""One room's conversation: questions become turns, and one consumer answers them in order."""

from __future__ import annotations

import asyncio
from time import time

from livekit.agents import llm

from chat.events import OwnedTasks

from .answering import Answering
from .attempt import Attempt
from .people import People
from .stopping import Stop
from .turns.history import History
from .turns.overlap import QUIET_WINDOW, Overlap, choose_overlap, most_at_once
from .turns.turn import Outcome, Question, Turn
from .turns.waiting import WaitingQuestions

REGENERATION_LIMIT = 300.0
"""Seconds after an answer in which an edit of its question has it answered anew."""

CLOSING_LIMIT = 5.0
"""Seconds that a reply has for being completed when the conversation ends."""


class Conversation:
    """The turns of a room: those that wait, the one that is answered, and those that were."""

    def __init__(
        self,
        people: People,
        answering: Answering,
        history: History,
        overlap: Overlap | None = None,
    ) -> None:
        """Nothing is answered before `begin`.

        Args:
            people: Who is in the room.
            answering: What answers a turn.
            history: What the LLM is told.
            overlap: What becomes of questions that come during a reply; None depends on how many
                people there are.
        """
        self.waiting = WaitingQuestions()
        """Questions that nobody has begun to answer."""
        self._people = people
        self._answering = answering
        self._history = history
        self._overlap = overlap
        self._tasks = OwnedTasks()
        self._consumer: asyncio.Task[None] | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._closing = False

    def begin(self) -> None:
        """Answer from now on, beginning with what came before. Call after the session started."""
        self._consumer = self._tasks.spawn(self._consume(), "conversation")

    async def aclose(self, grace: float) -> bool:
        """Begin no turn any more, and end the one that runs.

        Args:
            grace: Seconds that it may go on.

        Returns:
            Whether questions are left unanswered.
        """
        self._closing = True
        await self._until_idle(grace)
        if (running := self._running) is not None:
            running.cut(Outcome.SHUT_DOWN)
            await self._until_idle(CLOSING_LIMIT)
        if self._consumer is not None:
            self._consumer.cancel()
            await asyncio.wait({self._consumer})
        await self._answering.aclose(CLOSING_LIMIT)
        await self._tasks.wait(CLOSING_LIMIT)
        self._tasks.cancel()
        return len(self.waiting) > 0

    def ask(self, question: Question) -> None:
        """Take a question. It interrupts the reply to its author, if that is the policy."""
        running = self._running
        question.overlapped = running is not None
        self.waiting.add(question)
        if running is not None and self._policy(question.identity) is Overlap.INTERRUPT:
            alone = len(self._people.with_author(question.identity)) == 1
            if alone or question.identity in running.turn.authors:
                running.cut(Outcome.INTERRUPTED)

    def overhear(self, question: Question) -> None:
        """Remember what was said to somebody else."""
        self._history.add(Turn([question], created_at=time()))

    def edit(self, message_id: str, identity: str | None, text: str) -> None:
        """Change a question, and answer it anew if it is being answered or was the last."""
        if (waiting := self.waiting.find(message_id, identity)) is not None:
            waiting.text = text
        elif (found := self._history.find(message_id, identity)) is not None:
            turn, question = found
            question.text = text
            if self._is_running(turn):
                self._cut(None)
            elif self._is_newest(turn) and self._answered_within(turn, REGENERATION_LIMIT):
                self.waiting.answer_again(turn)

    def delete(self, message_id: str, identity: str | None) -> None:
        """Forget a question. Its answer is stopped, or taken back if it is the newest."""
        if (waiting := self.waiting.find(message_id, identity)) is not None:
            self.waiting.remove(waiting)
        elif (found := self._history.find(message_id, identity)) is not None:
            turn, question = found
            newest = self._is_newest(turn)
            turn.questions.remove(question)
            if self._is_running(turn):
                self._cut(None if turn.questions else Outcome.WITHDRAWN)
            elif not turn.questions:
                self._history.remove(turn)
                if newest and turn.reply is not None:
                    self._tasks.spawn(turn.reply.drop(), "reply deletion")

    def stop(self, identity: str | None, moderator: bool) -> Stop:
        """Stop the running reply, or take back what somebody has waiting.

        Args:
            identity: Who wants it.
            moderator: Whether they may stop everybody's.
        """
        running = self._running
        if running is not None and (
            moderator
            or identity in running.turn.authors
            or len(self._people.with_author(identity)) == 1
        ):
            if running.is_cut:
                # What interrupted it would begin in a moment: that is what is to be stopped.
                self.waiting.remove_by(identity)
            running.cut(Outcome.STOPPED)
            return Stop.STOPPED
        if self.waiting.remove_by(identity):
            return Stop.TAKEN_BACK
        return Stop.NOTHING if running is None else Stop.REFUSED

    def answered_lately(self, identity: str | None, limit: float) -> bool:
        """Whether somebody was the last to be answered, or is being answered now."""
        if self._running is not None:
            return identity in self._running.turn.authors
        last = self._history.last
        return last is not None and identity in last.authors and self._answered_within(last, limit)

    def began(self, text: str) -> None:
        """Note what the agent said of its own accord. Its turn cannot be edited."""
        answer = llm.ChatMessage(role="assistant", content=[text])
        self._history.add(Turn([], time(), [answer], Outcome.DONE))

    @property
    def untouched(self) -> bool:
        """Whether nobody has said anything yet."""
        return self._history.empty and not self.waiting

    @property
    def _running(self) -> Attempt | None:
        return self._answering.current

    def _cut(self, outcome: Outcome | None) -> None:
        if self._running is not None:
            self._running.cut(outcome)

    def _is_running(self, turn: Turn) -> bool:
        return self._running is not None and self._running.turn is turn

    def _is_newest(self, turn: Turn) -> bool:
        return self._running is None and self._history.last is turn

    def _answered_within(self, turn: Turn, limit: float) -> bool:
        return asyncio.get_running_loop().time() - turn.ended_at < limit

    def _policy(self, identity: str | None = None) -> Overlap:
        return choose_overlap(self._overlap, len(self._people.with_author(identity)))

    async def _until_idle(self, limit: float) -> None:
        try:
            async with asyncio.timeout(limit):
                await self._idle.wait()
        except TimeoutError:
            return

    async def _consume(self) -> None:
        while not self._closing:
            turn = await self._next_turn()
            self._idle.clear()
            try:
                await self._answer(turn)
            finally:
                self._idle.set()

    async def _next_turn(self) -> Turn:
        while True:
            await self.waiting.some()
            policy = self._policy()
            most = most_at_once(policy)
            if policy is Overlap.COLLECT and any(q.overlapped for q in self.waiting):
                await self.waiting.quiet(QUIET_WINDOW, most)
            if (again := self.waiting.take_again()) is not None and again.questions:
                return again
            if questions := self.waiting.take(most):
                return Turn(questions, created_at=time())

    async def _answer(self, turn: Turn) -> None:
        self._history.add(turn)
        turn.outcome, turn.answer = None, []
        outcome = await self._answering.answer(turn)
        if outcome is Outcome.WITHDRAWN:
            self._history.remove(turn)
        elif turn.outcome is None:
            # Nobody saw anything: what is asked now is answered together with this.
            self._history.remove(turn)
            self.waiting.put_back(turn.questions)
