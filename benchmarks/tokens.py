"""Tokens that carry the moment the LLM sent them, and how to read them back. No I/O.

A token is eleven characters without whitespace: a bracketed count of microseconds, ``[012345678]``.
It is held as soon as its closing bracket is. Whitespace at its end would not do: livekit-agents'
text output keeps trailing whitespace back until the next token, and the measured delay would
then be one token interval too long.
"""

import re

TOKEN_CHARS = 11
"""Characters, and bytes, of one token."""

_CYCLE_US = 10**9
"""Microseconds after which the count starts again: nearly 17 minutes."""

_TOKEN = re.compile(r"\[(\d{9})\]")


class GarbledReplyError(ValueError):
    """A reply that is not a row of whole tokens."""


def stamp(now_us: int) -> str:
    """Make the token that is sent at ``now_us`` (microseconds of the monotonic clock)."""
    return f"[{now_us % _CYCLE_US:09d}]"


def count_tokens(text: str) -> int:
    """Count the whole tokens at the start of a growing reply."""
    return len(text) // TOKEN_CHARS


def read_stamps(reply: str) -> list[int]:
    """Read the emission times of a complete reply, in order, modulo the cycle.

    Raises:
        GarbledReplyError: If anything but whole tokens is in it.
    """
    stamps = [int(digits) for digits in _TOKEN.findall(reply)]
    if len(stamps) * TOKEN_CHARS != len(reply):
        raise GarbledReplyError(f"{len(reply)} characters hold {len(stamps)} tokens")
    return stamps


def elapsed_us(since: int, until: int) -> int:
    """Count the microseconds from one time to a later one; either may be a stamp."""
    return (until - since) % _CYCLE_US
