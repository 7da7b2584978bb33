"""What happens to messages that arrive while a reply is being written. No I/O."""

from __future__ import annotations

from enum import Enum

QUIET_WINDOW = 0.5
"""Seconds without a further message after which what has gathered is answered."""

MOST_TOGETHER = 20
"""Messages that are answered together at most."""


class Overlap(Enum):
    """The policies."""

    INTERRUPT = "interrupt"
    """The reply stays as it stands, and its asker's new message is answered."""

    COLLECT = "collect"
    """The reply goes on; what gathers meanwhile is answered together after it."""

    QUEUE = "queue"
    """The reply goes on; the messages after it are answered one by one."""


def choose_overlap(configured: Overlap | None, people: int) -> Overlap:
    """The policy for a room at this moment.

    Args:
        configured: What was configured for it; None leaves the choice to the number of people.
        people: How many take part. One who writes on has changed their mind; several must not
            cut off each other's answers.
    """
    if configured is not None:
        return configured
    return Overlap.INTERRUPT if people <= 1 else Overlap.COLLECT


def most_at_once(policy: Overlap) -> int:
    """How many waiting messages one reply answers."""
    return 1 if policy is Overlap.QUEUE else MOST_TOGETHER
