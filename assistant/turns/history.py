"""The turns that the LLM sees; the newest are kept. No I/O."""

from __future__ import annotations

import logging
from bisect import bisect_left
from dataclasses import replace

from livekit.agents import llm

from .rendering import render
from .turn import Outcome, Question, Turn
from .waiting import find_question

logger = logging.getLogger(__name__)


MOST_TURNS = 500
"""Turns that are kept at most, however short."""


_ENDED_BY_OTHERS = (None, Outcome.INTERRUPTED, Outcome.STOPPED, Outcome.SHUT_DOWN)


class History:
    """What was said in a room, as far as it fits."""

    def __init__(self, max_bytes: int) -> None:
        """Nothing was said yet.

        Args:
            max_bytes: UTF-8 bytes of text that the LLM is told at most. The turn that it is to
                answer is told whatever its size.
        """
        self._max_bytes = max_bytes
        self._turns: list[Turn] = []

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

    def add(self, turn: Turn) -> None:
        """Put a turn last; one that is there already stays where it is."""
        if turn not in self._turns:
            self._turns.append(turn)
            del self._turns[:-MOST_TURNS]

    def remove(self, turn: Turn) -> None:
        """Forget a turn."""
        self._turns = [other for other in self._turns if other is not turn]

    def find(self, message_id: str, identity: str) -> tuple[Turn, Question] | None:
        """The turn in which a message was asked, and the question it became."""
        for turn in reversed(self._turns):
            if (question := find_question(turn.questions, message_id, identity)) is not None:
                return turn, question
        return None

    def context(self, asked: Turn) -> llm.ChatContext:
        """What the LLM is told to answer a turn, without the instructions.

        Args:
            asked: The turn, told last: what was said after it is not for its answer.

        Turns before it that do not fit are forgotten.
        """
        turns = self._until(asked)
        items = render(turns)
        if _size(items) > self._max_bytes and len(turns) > 1:
            dropped = _count_too_many(turns, self._max_bytes)
            del self._turns[:dropped]
            items = render(turns[dropped:])
            logger.info("oldest turns left out of the context", extra={"turns": dropped})
        return llm.ChatContext(items)

    def _until(self, asked: Turn) -> list[Turn]:
        # It may have an answer already, which is the one to be replaced.
        question = replace(asked, answer=[], outcome=None)
        # A room that talks on without the agent may have pushed out what it is answering.
        before = self._turns[: self._turns.index(asked)] if asked in self._turns else []
        return [*before, question]


def _count_too_many(turns: list[Turn], max_bytes: int) -> int:
    """The fewest of the oldest turns without which the others fit; the newest always stays."""

    def fits_without(oldest: int) -> bool:
        return _size(render(turns[oldest:])) <= max_bytes

    most = len(turns) - 1
    # A context that is full loses a turn or two each time: look there first.
    high = 1
    while high < most and not fits_without(high):
        high *= 2
    return bisect_left(range(most), True, high // 2 + 1, min(high, most), key=fits_without)


def _size(items: list[llm.ChatItem]) -> int:
    return sum(len(_text(item).encode(errors="surrogatepass")) for item in items)


def _text(item: llm.ChatItem) -> str:
    match item:
        case llm.ChatMessage():
            return item.text_content or ""
        case llm.FunctionCall():
            return item.arguments
        case llm.FunctionCallOutput():
            return item.output
    return ""
