"""The states of an outgoing message. No I/O."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Draft:
    """One state of an outgoing message. A newer draft supersedes every older one."""

    text: str
    """The whole text so far."""

    complete: bool = True
    """False while more text is expected."""

    deleted: bool = False
    """Whether the message is deleted."""


@dataclass(frozen=True)
class Earlier:
    """What a participant may show of a message already."""

    text: str
    """Its whole text."""

    certain: bool = True
    """Whether it shows exactly that. Otherwise it may show all of it, a part, or nothing."""

    complete: bool = True
    """Whether it may have received the message complete."""

    open: bool = False
    """Whether a text stream of the message may be open there which nobody closes: its writer is gone."""


def tail_after(delivered: str, text: str) -> str | None:
    """The text to append to `delivered` so that it reads `text`.

    Returns:
        The tail, empty if there is nothing to append; None if appending cannot do it.
    """
    return text[len(delivered) :] if text.startswith(delivered) else None
