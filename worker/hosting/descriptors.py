"""The limit of open files, sockets included, and how many rooms it is enough for."""

from __future__ import annotations

import contextlib
import resource
import sys

BASE = 100
"""Descriptors that a worker without rooms has open, and some to spare."""

ROOM = 100
"""Descriptors of a room: 60 to 92 were seen, more with more network interfaces."""


def raise_limit() -> int:
    """Let this process open as many files as it is allowed to. Returns how many those are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        # Refused where the hard limit is none, but the system has one all the same.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft


def rooms_within(limit: int) -> int:
    """Return how many rooms fit into one process that may open so many files."""
    return max(1, (limit - BASE) // ROOM)
