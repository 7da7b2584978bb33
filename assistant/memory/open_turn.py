"""The turn that is being answered, looked at once a second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from assistant.turns.turn import Question, Turn
from chat import is_blank

LOOKING_SECONDS = 1.0
"""Seconds from one look at what is shown of a reply to the next."""


class OpenTurn:
    """Notices what is shown of a turn's answer, and what becomes of its questions."""

    def __init__(self, turn: Turn, on_grown: Callable[[str], None]) -> None:
        """Look from now on.

        Args:
            turn: The turn.
            on_grown: Called with what is shown of the attempt that runs, if that has changed.
        """
        self.turn = turn
        """The turn."""
        self.shown: Callable[[], str] = str
        """Returns what was sent of the attempt that runs."""
        self._on_grown = on_grown
        self._seen = ""
        self._names = _names(turn)
        self._timer = self._look_later()

    def close(self) -> None:
        """Look no more."""
        self._timer.cancel()

    def give_away(self, question: Question) -> None:
        """Note that a question belongs to another turn, if it was in this one."""
        self._names.pop((question.identity, question.id), None)

    @property
    def dropped(self) -> set[tuple[str, str]]:
        """Authors and ids of the questions that are not in the turn any more."""
        return set(self._names) - set(_names(self.turn))

    @property
    def renamed(self) -> list[Question]:
        """The questions whose author has another name by now."""
        questions = self.turn.questions
        return [q for q in questions if self._names.get((q.identity, q.id)) != q.name]

    def _look_later(self) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(LOOKING_SECONDS, self._look)

    def _look(self) -> None:
        shown = self.shown()
        if shown != self._seen and not is_blank(shown):
            self._seen = shown
            self._on_grown(shown)
        self._timer = self._look_later()


def _names(turn: Turn) -> dict[tuple[str, str], str]:
    return {(question.identity, question.id): question.name for question in turn.questions}
