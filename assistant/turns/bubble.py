"""The chat message in which people see an answer. No I/O."""

from __future__ import annotations

from dataclasses import dataclass

from chat import ChatMessage


@dataclass(eq=False)
class Bubble:
    """One message, which the attempts to answer a turn write one after the other."""

    message: ChatMessage | None = None
    """None until it is sent, and again once it is taken back."""

    text: str = ""
    """What people see of it once all that was written is delivered, without the attempt that runs."""

    kept: str = ""
    """As much of `text` as stays if the next attempt has nothing to say: an answer without the line
    that says how it ended. Nothing of an answer that was given up when it had hardly begun."""
