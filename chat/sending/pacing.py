"""How far apart two writes of a growing message are. No clock and no I/O.

The first text and the last edit never wait.
"""

from __future__ import annotations

WRITE_BUDGET = 300
"""Writes a second that one process may make for all growing messages together. A write costs about
0.7 ms of CPU in the SDK's native threads, so this keeps them below a quarter of a core."""

EDIT_INTERVAL = 0.25
"""Seconds between two whole-text edits of a short message."""

EDIT_BYTES_PER_SECOND = 16_000
"""Bytes a second for whole-text edits of one message: otherwise a long reply would cost the square of
its length."""


def stream_interval(growing: int, write_budget: float = WRITE_BUDGET) -> float:
    """Seconds between two writes of one message, so that the process keeps to its budget.

    Args:
        growing: Streams of this process that are open now, this one included.
        write_budget: Writes a second for all of them.

    Returns:
        0 for a single stream: the network itself is the pace then, one write at a time.
    """
    return max(0, growing - 1) / write_budget


def edit_interval(size: int) -> float:
    """Seconds between two whole-text edits of a message of `size` bytes."""
    return max(EDIT_INTERVAL, size / EDIT_BYTES_PER_SECOND)
