"""The turn that is answered now, and how other turns and people stand to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from assistant.answering.answering import Answering
from assistant.answering.attempt import Attempt
from assistant.people.people import People
from assistant.turns.history import History
from assistant.turns.turn import UNKNOWN, Outcome, Turn


class CurrentTurn:
    """Knows which turn runs, if any, which is the newest, and whose a turn is."""

    def __init__(self, people: People, answering: Answering, history: History) -> None:
        """Change nothing.

        Args:
            people: Who is in the room.
            answering: What answers a turn.
            history: The turns that were.
        """
        self._people = people
        self._answering = answering
        self._history = history

    @property
    def attempt(self) -> Attempt | None:
        """What answers the turn; None if none runs."""
        return self._answering.current

    @property
    def newest(self) -> Turn | None:
        """The turn that runs, or the last one if none does."""
        return self._history.last if self.attempt is None else self.attempt.turn

    def runs(self, turn: Turn) -> bool:
        """Whether a turn is being answered."""
        return self.attempt is not None and self.attempt.turn is turn

    def is_last(self, turn: Turn) -> bool:
        """Whether a turn has ended, and no other has begun since."""
        return self.attempt is None and self._history.last is turn

    def cut(self, outcome: Outcome) -> None:
        """End the turn that runs, if any, see `Attempt.cut`."""
        if self.attempt is not None:
            self.attempt.cut(outcome)

    def may_end(self, turn: Turn, identity: str) -> bool:
        """Whether a turn is somebody's to end: who asked, or is alone with the agent."""
        if identity == UNKNOWN:
            return False
        return identity in turn.authors or len(self._people.with_author(identity)) == 1

    def hush_ended(self, meant: Callable[[Turn], bool]) -> bool:
        """Silence replies that are written, but still read out. Returns whether there were any."""
        return self._answering.aloud.hush(lambda turn: not self.runs(turn) and meant(turn))


def ended_within(turn: Turn, limit: float) -> bool:
    """Whether a turn ended within the last `limit` seconds."""
    return asyncio.get_running_loop().time() - turn.ended_at < limit
