"""The turns that the LLM sees; the newest are kept. No I/O."""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import replace

from livekit.agents import llm

from .dates import Dates
from .frame import most_bytes, most_note_bytes
from .rendering import FULL_SHARE, Rendering
from .sizes import json_bytes
from .turn import Outcome, Question, Turn
from .waiting import find_question

logger = logging.getLogger(__name__)


MOST_TURNS = 500
"""Turns that are kept at most, however short."""

_LONGER_TIME = 8
"""Bytes that a time may have more than that of the epoch: its weekday, the name of its zone in summer."""

_ENDED_BY_OTHERS = (None, Outcome.INTERRUPTED, Outcome.STOPPED, Outcome.SHUT_DOWN)


class History:
    """What was said in a room, as far as it fits."""

    def __init__(self, max_bytes: int, dates: Dates | None = None) -> None:
        """Nothing was said yet.

        Args:
            max_bytes: Bytes that the strings of a request may take, escapes included.
            dates: Tells the LLM the time; None tells it none.
        """
        self._max_bytes = max_bytes
        self._dates = dates
        time_bytes = 0 if dates is None else most_note_bytes(dates.line(0.0)) + _LONGER_TIME
        self._most_asked = max_bytes - time_bytes
        self._turns: list[Turn] = []
        self._was_filtered = False

    @property
    def empty(self) -> bool:
        """Whether nothing is remembered."""
        return not self._turns

    @property
    def last(self) -> Turn | None:
        """The newest turn that was meant to be answered."""
        return next((turn for turn in reversed(self._turns) if turn.outcome is not None), None)

    def answered_at(self, identity: str) -> float | None:
        """When the last answer to somebody ended by itself; None if none is remembered.

        It counts as ended by itself unless a person or the agent's leaving ended it.
        """
        for turn in reversed(self._turns):
            if identity in turn.authors and turn.outcome not in _ENDED_BY_OTHERS:
                return turn.ended_at
        return None

    @property
    def questions(self) -> list[Question]:
        """What was asked, oldest first."""
        return [question for turn in self._turns for question in turn.questions]

    def add(self, turn: Turn) -> None:
        """Put a turn last; one that is there already stays where it is."""
        if turn not in self._turns:
            self._turns.append(turn)
            if len(self._turns) > MOST_TURNS:
                del self._turns[: -int(MOST_TURNS * FULL_SHARE)]

    def restore(self, turns: Sequence[Turn]) -> None:
        """Put what is remembered from before this process first.

        Args:
            turns: Oldest first.
        """
        self._turns[:0] = turns

    def ended(self, turn: Turn) -> list[Turn]:
        """Note that a turn has its outcome.

        If what is told is refused for its content twice, without an answer in between, something
        older may be what is refused: all that came before the turn is forgotten.

        Returns:
            What is forgotten by that.
        """
        forgotten: list[Turn] = []
        is_filtered = turn.outcome is Outcome.FILTERED
        if is_filtered and self._was_filtered and turn in self._turns:
            before = self._turns.index(turn)
            forgotten, self._turns = self._turns[:before], self._turns[before:]
        self._was_filtered = is_filtered or (self._was_filtered and not turn.answer)
        return forgotten

    def remove(self, turn: Turn) -> None:
        """Forget a turn."""
        self._turns = [other for other in self._turns if other is not turn]

    def find(self, message_id: str, identity: str) -> tuple[Turn, Question] | None:
        """The turn in which a message was asked, and the question it became."""
        for turn in reversed(self._turns):
            if (question := find_question(turn.questions, message_id, identity)) is not None:
                return turn, question
        return None

    def count_fitting(self, questions: Sequence[Question]) -> int:
        """How many of these questions, oldest first, can be told together; at least one."""
        left = self._most_asked
        for count, question in enumerate(questions):
            left -= most_bytes(question)
            if left < 0:
                return max(count, 1)
        return len(questions)

    def context(self, asked: Turn, readers: Iterable[str] = ()) -> llm.ChatContext:
        """What the LLM is told to answer a turn, without the instructions.

        Args:
            asked: The turn, told last: what was said after it is not for its answer.
            readers: The identities of those who will read the answer, besides those who asked. From before
                the room was last opened only that is told which none of them is a stranger to.

        If the turns do not fit, the oldest are forgotten until what is left has much room. So the
        beginning of what is told stays the same for many turns, and services can keep it.
        """
        there = {*readers, *asked.authors}
        turns = [t for t in self._until(asked) if t.id == asked.id or t.may_be_told(there)]
        rendering = Rendering(turns, self._most_asked)
        if (dropped := self._count_too_many(rendering)) > 0:
            # What is not told now is older than that.
            del self._turns[: self._turns.index(turns[dropped - 1]) + 1]
            rendering = Rendering(turns[dropped:], self._most_asked)
            logger.info("oldest turns left out of the context", extra={"turns": dropped})
        return llm.ChatContext(rendering.items(self._dates))

    def _until(self, asked: Turn) -> list[Turn]:
        # It may have an answer already, which is the one to be replaced.
        question = replace(asked, answer=[], outcome=None)
        # A room that talks on without the agent may have pushed out what it is answering.
        before = self._turns[: self._turns.index(asked)] if asked in self._turns else []
        return [*before, question]

    def _count_too_many(self, rendering: Rendering) -> int:
        """How many of the oldest turns are to be forgotten; the newest always stays.

        The others do not grow by it: who is left out adds nothing to how others are told.
        """
        sizes = [turn.size for turn in rendering.turns]

        def size_without(oldest: int) -> int:
            times = rendering.times(self._dates, oldest)
            return sum(sizes[oldest:]) + sum(
                json_bytes(line) for _, lines in times for line in lines
            )

        if size_without(0) <= self._max_bytes:
            return 0
        enough = self._max_bytes * FULL_SHARE
        most = len(sizes) - 1
        return bisect_left(range(most), True, key=lambda n: size_without(n) <= enough)
