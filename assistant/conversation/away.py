"""How the time in which the agent was away is put in words. No I/O."""

from __future__ import annotations

import math

UNNOTICED = 1.0
"""Seconds of absence in which nobody can have missed an answer."""


def time_away(seconds: float | None) -> str:
    """How long the agent was away.

    Args:
        seconds: The time; None if it is not known.
    """
    if seconds is None:
        return "a moment"
    if seconds <= 90:
        return f"about {max(2, math.ceil(seconds))} seconds"
    minutes = round(seconds / 60)
    return f"about {minutes} minutes" if minutes <= 90 else "a long time"
