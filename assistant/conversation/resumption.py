"""A conversation goes on after its former agent is gone: what is remembered, and what was left undone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Iterable
from datetime import datetime

from assistant.answering.answering import Answering
from assistant.memory.kept import Recollection
from assistant.memory.memory import RoomMemory
from assistant.memory.restoring import restore, restore_question
from assistant.memory.room_journal import RoomJournal
from assistant.memory.times import age, since_epoch
from assistant.people.people import ANNOUNCEMENT_LIMIT, People
from assistant.turns.history import History
from assistant.turns.turn import Outcome, Question, Turn
from chat import OwnedTasks

from .asked_twice import AskedTwice
from .conversation import REGENERATION_LIMIT, Conversation
from .recall import Recall

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 2
"""Processes that begin to answer a turn at most: it may be what ends them."""

LATE_SECONDS = 1.0
"""Seconds after which a former agent that still lived has noticed that it is replaced."""


class Resumption:
    """Restores what is remembered, and has done what was left: once, as soon as the room is connected."""

    def __init__(
        self,
        memory: RoomMemory,
        journal: RoomJournal,
        people: People,
        history: History,
        conversation: Conversation,
        answering: Answering,
    ) -> None:
        """Restore nothing yet.

        Args:
            memory: What is remembered.
            journal: Holds back what it notes until that is restored.
            people: Who is there: nobody else's questions are answered.
            history: What the LLM is told.
            conversation: What goes on.
            answering: Completes answers.
        """
        self._memory = memory
        self._journal = journal
        self._people = people
        self._history = history
        self._conversation = conversation
        self._answering = answering
        self._recall = Recall(memory, journal, people)
        self._tasks = OwnedTasks()

    async def resume(self, room_sid: Awaitable[str], joined_at: datetime) -> float | None:
        """Restore what is remembered, and begin to do what was left.

        Args:
            room_sid: See `RoomMemory.enter`.
            joined_at: Likewise.

        Returns:
            Seconds since the former agent was last known to live; None if it did not die.
        """
        recollection = await self._recall.find(room_sid, joined_at)
        await self._recall.watch()
        self._restore(recollection)
        self._journal.restored()
        extra = {"turns": len(recollection.turns), "waiting": len(recollection.waiting)}
        logger.info("conversation remembered", extra=extra)
        self._tasks.spawn(self._look_for_late_questions(), "late questions")
        away_since = recollection.away_since
        return None if away_since is None else age(away_since)

    def close(self) -> None:
        """Begin nothing any more."""
        self._recall.close()
        self._tasks.cancel()

    def _restore(self, recollection: Recollection) -> None:
        restored = restore(recollection)
        # Clients may have sent them again, and a former agent may have told of them.
        twice = AskedTwice(restored, self._conversation, self._journal)
        twice.resolve()
        left = self._ask(question for question in restored.waiting if not self._is_known(question))
        self._history.restore([*restored.turns, *left])
        for edited in twice.edits:
            self._conversation.edit(edited.id, edited.identity, edited.text)
        for turn in restored.undelivered:
            self._answering.deliver(turn)
        for turn in (*restored.unfinished, *left):
            self._take_up(turn)

    def _take_up(self, turn: Turn) -> None:
        """Have a turn answered that was not, if that makes sense."""
        if turn.earlier:
            self._answering.leave(turn)
        elif not turn.questions:
            # They were deleted, and so was the answer to be.
            self._history.remove(turn)
            self._answering.take_back(turn)
        elif turn.attempts >= MOST_ATTEMPTS:
            self._answering.conclude(turn, Outcome.FAILED, "notice_interrupted")
        elif not self._is_young(turn.questions):
            self._give_up(turn)
        elif self._are_there(turn.authors):
            self._conversation.waiting.answer_again(turn)
        else:
            self._tasks.spawn(self._take_up_later(turn), "asker of a turn")

    async def _take_up_later(self, turn: Turn) -> None:
        attempts = turn.attempts
        came = await self._come(turn.authors)
        if not turn.questions or turn.attempts != attempts:
            # It was deleted, or edited and answered.
            return
        if came:
            self._conversation.waiting.answer_again(turn)
        else:
            self._give_up(turn)

    def _give_up(self, turn: Turn) -> None:
        if turn.bubble.text:
            self._answering.conclude(turn, Outcome.SHUT_DOWN, "notice_interrupted")
        else:
            self._answering.leave(turn)

    def _ask(self, questions: Iterable[Question]) -> list[Turn]:
        """Have questions answered that nobody began to answer, if their author is there.

        Returns:
            A turn of its own for each of the others.
        """
        left = []
        for question in questions:
            if self._is_young([question]) and self._are_there({question.identity}):
                self._conversation.waiting.add(question)
            else:
                left.append(self._postpone(question))
        return left

    def _postpone(self, question: Question) -> Turn:
        asked_at = question.asked_at
        turn = Turn([question], since_epoch(asked_at), ended_at=asked_at)
        turn.outcome = Outcome.SHUT_DOWN
        self._journal.postponed(turn)
        return turn

    async def _look_for_late_questions(self) -> None:
        await asyncio.sleep(LATE_SECONDS)
        late = [restore_question(kept) for kept in await self._memory.late_questions()]
        for turn in self._ask(question for question in late if not self._is_known(question)):
            self._history.add(turn)
            self._take_up(turn)

    def _is_known(self, question: Question) -> bool:
        return self._conversation.knows(question.id, question.identity)

    def _is_young(self, questions: Iterable[Question]) -> bool:
        oldest = asyncio.get_running_loop().time() - REGENERATION_LIMIT
        return any(question.asked_at > oldest for question in questions)

    def _are_there(self, identities: set[str]) -> bool:
        return any(person.identity in identities for person in self._people.present)

    async def _come(self, identities: set[str]) -> bool:
        limit = asyncio.get_running_loop().time() + ANNOUNCEMENT_LIMIT
        return await self._people.comes(identities, limit)
