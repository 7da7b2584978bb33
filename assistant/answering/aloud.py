"""Replies that are read out, beside their text: which of them are, and who may silence them. No I/O."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from assistant.turns.turn import Turn


class Aloud(Protocol):
    """One reply as it is read out. Nothing of it waits, and nothing raises."""

    @property
    def is_over(self) -> bool:
        """Whether nothing of it will be heard any more."""
        ...

    def append(self, text: str) -> None:
        """Add to its end."""
        ...

    def withdraw(self, start: int) -> None:
        """Take its text back from some character on; what was heard of it was heard."""
        ...

    def finish(self) -> None:
        """Read out what is left, and end."""
        ...

    def abandon(self) -> None:
        """Be silent at once, whatever is left, and whatever comes."""
        ...


class Unheard:
    """A reply that is not read out."""

    is_over = True
    """See `Aloud`."""

    def append(self, text: str) -> None:
        """See `Aloud`."""

    def withdraw(self, start: int) -> None:
        """See `Aloud`."""

    def finish(self) -> None:
        """See `Aloud`."""

    def abandon(self) -> None:
        """See `Aloud`."""


class ReadingAloud:
    """The replies of a room that are read out, or wait for it: text is written faster than it is spoken."""

    def __init__(self, open_reply: Callable[[], Aloud] = Unheard) -> None:
        """Nothing is read out yet.

        Args:
            open_reply: Begins a reply, which is heard after those before it.
        """
        self._open = open_reply
        self._replies: list[tuple[Turn, Aloud]] = []

    def begin(self, turn: Turn) -> Aloud:
        """Read out the reply to a turn. What was read out of an earlier attempt at it ends."""
        self.hush(lambda other: other is turn)
        reply = self._open()
        self._replies.append((turn, reply))
        return reply

    def hush(self, meant: Callable[[Turn], bool]) -> bool:
        """Silence the replies to some turns.

        Args:
            meant: Which ones.

        Returns:
            Whether anything of them was still to be heard.
        """
        left = [(turn, reply) for turn, reply in self._replies if not reply.is_over]
        hushed = [reply for turn, reply in left if meant(turn)]
        self._replies = [(turn, reply) for turn, reply in left if reply not in hushed]
        for reply in hushed:
            reply.abandon()
        return bool(hushed)
