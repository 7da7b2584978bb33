"""What is kept of a conversation, as values. No I/O.

All times are seconds since the epoch: the event loop's clock means nothing to another process.
"""

from __future__ import annotations

from dataclasses import dataclass

from assistant.turns.turn import Outcome, UnreadFile


@dataclass(frozen=True)
class KeptQuestion:
    """A message that a person wrote or said. Its author and its id are its key in a conversation."""

    author: str
    """The identity of who wrote it; `UNKNOWN` if that could not be found out."""

    id: str
    """The message's id, unique among its author's."""

    name: str
    """What the room called the author."""

    text: str
    """What it says now."""

    asked_at: float
    """When it came, or when its author began to speak."""

    turn_id: str | None = None
    """The turn that it belongs to; None as long as nobody has begun to answer it."""

    spoken: bool = False
    """Whether it was spoken."""

    files: tuple[UnreadFile, ...] = ()
    """What came with it."""


@dataclass(frozen=True)
class KeptReply:
    """A reply, as far as it came."""

    message_id: str
    """The id of its chat message: later processes of the agent go on in the same bubble."""

    text: str = ""
    """What people see, or what is about to be sent to them."""

    kept: str = ""
    """As much of `text` as stays if another attempt has nothing to say, see `Bubble.kept`."""

    delivered: bool = False
    """Whether all of `text` reached everybody who was there, or was given up."""


@dataclass(frozen=True)
class KeptTurn:
    """A turn in one of its states; a newer state of the same id takes the place of an older one."""

    id: str
    """Never used again."""

    created_at: float
    """When its newest question was taken up."""

    ended_at: float | None = None
    """When it was answered, or overheard; None while it is being answered."""

    outcome: Outcome | None = None
    """How its answer ended; None while it is being answered, and for what was overheard."""

    attempts: int = 0
    """How many processes have begun to answer it."""

    reply: KeptReply | None = None
    """The answer; None as long as no text of it was sent."""

    answer: str | None = None
    """The answer's chat items as JSON, where they are more than the text of the reply."""


@dataclass(frozen=True)
class RecalledTurn:
    """A turn that is remembered, with its questions."""

    turn: KeptTurn
    """The turn."""

    questions: tuple[KeptQuestion, ...]
    """Oldest first."""

    earlier: bool
    """Whether it is from before the room was last opened: only those who took part may be told of it."""

    insiders: frozenset[str] = frozenset()
    """The identities of those who took part while the room was open then; empty unless it is earlier."""


@dataclass(frozen=True)
class Recollection:
    """What is remembered of a conversation when it goes on. Nothing, if it is new."""

    turns: tuple[RecalledTurn, ...] = ()
    """Oldest first; the newest of them, as many as were asked for."""

    waiting: tuple[KeptQuestion, ...] = ()
    """What nobody had begun to answer, oldest first."""

    away_since: float | None = None
    """When the agent that had this room was last known to live, if it died; None if it did not, or there
    was none."""
