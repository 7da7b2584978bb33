"""The one consumer of a room's questions: it groups them into turns, answered in order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from time import time

from assistant.answering.answering import Answering
from assistant.memory.journal import Journal
from assistant.turns.bubble import Bubble
from assistant.turns.floor import HEARING_LIMIT, Floor
from assistant.turns.history import History
from assistant.turns.overlap import QUIET_WINDOW, Overlap, most_at_once
from assistant.turns.turn import Outcome, Turn
from assistant.turns.waiting import WaitingQuestions
from chat import OwnedTasks, failure_fields

logger = logging.getLogger(__name__)


class TurnConsumer:
    """Answers the waiting questions, one turn at a time."""

    def __init__(
        self,
        waiting: WaitingQuestions,
        floor: Floor,
        answering: Answering,
        history: History,
        policy: Callable[[], Overlap],
        journal: Journal,
    ) -> None:
        """Nothing is answered before `begin`.

        Args:
            waiting: What is answered.
            floor: Who may be asking something just now.
            answering: What answers a turn.
            history: Where turns are remembered.
            policy: Decides what happens to messages that arrive during a reply.
            journal: Is told of turns that begin, and of those that leave nothing.
        """
        self._waiting = waiting
        self._floor = floor
        self._answering = answering
        self._history = history
        self._policy = policy
        self._journal = journal
        self._tasks = OwnedTasks()
        self._idle = asyncio.Event()
        self._idle.set()
        self._ending = False
        self._going = asyncio.Event()
        self._going.set()
        self._given_up: Turn | None = None

    @property
    def takes_more(self) -> bool:
        """Whether what is asked now is answered after the turn that runs."""
        return self._going.is_set() and not self._ending

    @property
    def is_idle(self) -> bool:
        """Whether no turn runs."""
        return self._idle.is_set()

    def hold(self) -> None:
        """Begin no turn until `go_on`. One that runs goes on."""
        self._going.clear()

    def go_on(self) -> None:
        """Begin turns again."""
        self._going.set()

    async def give_up(self) -> None:
        """End the turn that runs as if it had never begun: what it answers waits again.

        Call it while no turn is begun. What was to be answered anew waits, too, as a new question does.
        """
        if (running := self._answering.current) is not None:
            running.cut(Outcome.SUPERSEDED)
        await self._idle.wait()
        if self._given_up is not None:
            self._answering.take_back(self._given_up)
            self._given_up = None
        while (again := self._waiting.take_again()) is not None:
            self._history.remove(again)
            self._answering.take_back(again)
            self._waiting.put_back(again.questions)

    def begin(self) -> None:
        """Answer from now on, beginning with what came before. Call after the session started."""
        self._tasks.spawn(self._consume(), "conversation")

    async def end(self, grace: float) -> None:
        """Begin no turn any more, and wait for the end of the one that runs.

        Args:
            grace: Seconds that it may go on.
        """
        self._ending = True
        try:
            async with asyncio.timeout(grace):
                await self._idle.wait()
        except TimeoutError:
            if (running := self._answering.current) is not None:
                running.cut(Outcome.SHUT_DOWN)
            await self._idle.wait()
        self.cancel()
        if self._given_up is not None:
            # What it was to answer is left, and people are told so.
            self._answering.take_back(self._given_up)

    def cancel(self) -> None:
        """Answer nothing any more, whatever is running."""
        self._ending = True
        self._tasks.cancel()

    async def _consume(self) -> None:
        while not self._ending:
            turn = await self._next_turn()
            self._idle.clear()
            try:
                await self._answer(turn)
            except Exception as error:  # noqa: BLE001  # It is logged, without its words.
                # The room goes on.
                logger.error("turn failed", extra=failure_fields(error))
            finally:
                self._idle.set()

    async def _next_turn(self) -> Turn:
        waiting = self._waiting
        while True:
            await waiting.some()
            await self._journal.recalled()
            await self._going.wait()
            if (again := waiting.take_again()) is not None:
                if again.questions:
                    return again
                continue
            policy = self._policy()
            most = most_at_once(policy)
            gathers = policy is Overlap.COLLECT and self._is_gathering
            if gathers:
                await waiting.quiet(QUIET_WINDOW, most)
            await self._hear_out(everybody=gathers)
            fitting = self._history.count_fitting([*waiting][:most])
            if not self._going.is_set() or waiting.again is not None:
                continue
            if questions := waiting.take(fitting):
                given_up, self._given_up = self._given_up, None
                bubble = Bubble() if given_up is None else given_up.bubble
                return Turn(questions, created_at=time(), bubble=bubble)

    async def _hear_out(self, *, everybody: bool) -> None:
        """Wait for those who began to speak before the oldest question, or for all, but not for long."""
        waiting = self._waiting
        while waiting.again is None and (oldest := waiting.oldest) is not None:
            now = asyncio.get_running_loop().time()
            if not self._floor.is_taken(before=now if everybody else oldest.asked_at):
                return
            if not await waiting.changed(oldest.arrived_at + HEARING_LIMIT):
                return

    @property
    def _is_gathering(self) -> bool:
        # Nobody is to look at the beginning of a given-up answer for longer than must be.
        return self._given_up is None and any(question.overlapped for question in self._waiting)

    async def _answer(self, turn: Turn) -> None:
        self._history.add(turn)
        self._journal.begun(turn)
        outcome = await self._answering.answer(turn)
        if outcome is Outcome.WITHDRAWN:
            self._history.remove(turn)
        elif outcome is Outcome.SUPERSEDED:
            self._history.remove(turn)
            self._journal.superseded(turn)
            self._waiting.put_back(turn.questions)
            self._given_up = turn
        else:
            for forgotten in self._history.ended(turn):
                self._journal.forgotten(forgotten)
