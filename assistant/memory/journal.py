"""What is told of the questions and turns of a room as things happen to them."""

from __future__ import annotations

from collections.abc import Callable

from assistant.turns.turn import Question, Turn

RECALL_LIMIT = 0.15
"""Seconds by which what is kept, or remembered, may delay an answer."""


class Journal:
    """Is told what happens, and keeps nothing of it: for a room without memory.

    Nothing of it is called for each token, and none of it raises.
    """

    async def recalled(self, limit: float = RECALL_LIMIT) -> None:
        """Wait until what is remembered is restored, or it is clear that it will not be.

        Args:
            limit: Seconds to wait at most. Who waited for it in vain does not wait again.
        """

    def unknown(self, look_again: Callable[[], None]) -> None:
        """Something happens to a message of which nothing is known.

        Args:
            look_again: Called once what is remembered is restored, unless that has been done already.
        """

    async def noted(self) -> None:
        """Wait, but not for long, until it is kept which turn is being answered, and in which message."""

    def asked(self, question: Question) -> None:
        """A question waits to be answered; also that it is another one now."""

    def edited(self, question: Question, turn: Turn) -> None:
        """A question belongs to a turn, in which it was not before, or says something else now."""

    def taken_back(self, question: Question) -> None:
        """A question is not to be answered, or was never to be asked."""

    def deleted(self, message_id: str, identity: str) -> None:
        """A message's author deleted it. It may be older than all that is known of."""

    def overheard(self, turn: Turn) -> None:
        """Something was said to somebody else."""

    def begun(self, turn: Turn) -> None:
        """A turn is being answered from now on."""

    def writing(self, shown: Callable[[], str]) -> None:
        """An attempt begins at the turn that is being answered.

        Args:
            shown: Returns what was sent of it so far.
        """

    def superseded(self, turn: Turn) -> None:
        """A turn was given up. The next one has its questions, if any are left, and its bubble."""

    def withdrawn(self, turn: Turn) -> None:
        """The answer to a turn is being taken back. Questions that it still has wait again."""

    def undone(self, turn: Turn) -> None:
        """What people saw of such a turn is gone, too."""

    def postponed(self, turn: Turn) -> None:
        """A turn waits until those who asked are there."""

    def ended(self, turn: Turn) -> None:
        """A turn has its answer, which is on its way to people."""

    def delivered(self, turn: Turn) -> None:
        """The answer to a turn reached people, or was given up."""

    def forgotten(self, turn: Turn) -> None:
        """A turn is out of the history, and so are its questions and its answer."""

    def close(self) -> None:
        """Keep nothing any more of what happens."""
