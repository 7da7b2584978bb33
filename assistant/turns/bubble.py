"""The chat message in which people see an answer. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from chat import ChatMessage, generate_id


@dataclass(frozen=True)
class Inherited:
    """What a former process of the agent may have sent of a message."""

    text: str
    """What people may show of it."""

    complete: bool
    """Whether it may have been sent complete."""

    sent_at: datetime
    """When it was sent first."""


@dataclass(eq=False)
class Bubble:
    """One message, which the attempts to answer a turn write one after the other."""

    message: ChatMessage | None = None
    """None until it is sent or taken over, and again once it is taken back."""

    text: str = ""
    """What people see of it once all that was written is delivered, without the attempt that runs."""

    kept: str = ""
    """As much of `text` as stays if the next attempt has nothing to say: an answer without the line
    that says how it ended. Nothing of an answer that was given up when it had hardly begun."""

    message_id: str = field(default_factory=generate_id)
    """The id of its message, known before anything is sent."""

    inherited: Inherited | None = None
    """What is to be taken over with the first write; None if nobody sent anything of it, or once `message`
    is there."""

    @property
    def is_broken_off(self) -> bool:
        """Whether a former process was still writing it, and nobody has gone on."""
        return self.inherited is not None and not self.inherited.complete

    def forget(self) -> None:
        """Be as if nothing had been sent. What is written from now on is another message."""
        self.message, self.inherited, self.text, self.kept = None, None, "", ""
        self.message_id = generate_id()
