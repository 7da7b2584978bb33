"""What waits to be written: the newest state of a turn or a question, or that it is to be forgotten."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.memory.kept import KeptQuestion, KeptTurn

from .room_opening import Conversation, Opening


@dataclass(frozen=True)
class ForgottenQuestion:
    """A question that its author deleted."""

    author: str
    """Its author's identity."""

    id: str
    """Its message's id."""


@dataclass(frozen=True)
class ForgottenTurn:
    """A turn that is to be forgotten, with its reply."""

    id: str
    """The turn's id."""


Change = KeptQuestion | KeptTurn | ForgottenQuestion | ForgottenTurn
"""What is to be written."""

Key = tuple[Opening, str, str]
"""A room, and a turn's id, or a question's author and id. What is queued under a key replaces what waits there."""


@dataclass(frozen=True)
class Entry:
    """A change that waits to be written."""

    opening: Opening
    """Whose it is."""

    change: Change
    """What is to be written."""

    conversation: Conversation | None
    """Where; None if it was not decided when the change came."""

    number: int = 0
    """Its place in the order in which entries came; that of the one it replaced, if it did."""

    @property
    def key(self) -> Key:
        """What it is about."""
        change = self.change
        if isinstance(change, KeptQuestion | ForgottenQuestion):
            # A turn's id is in no list of an author's messages, as its author is nobody.
            return self.opening, change.author, f"question:{change.id}"
        return self.opening, "", f"turn:{change.id}"

    @property
    def home(self) -> Conversation | None:
        """The conversation that it is written into; None if that is not decided yet."""
        return self.conversation or self.opening.current

    @property
    def importance(self) -> int:
        """The least is dropped first: checkpoints of open replies, which are followed by newer states."""
        if isinstance(self.change, ForgottenQuestion | ForgottenTurn):
            return 2
        return int(not (isinstance(self.change, KeptTurn) and self.change.ended_at is None))
