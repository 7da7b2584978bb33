"""How much a worker takes if CHAT_MAX_ROOMS or CHAT_MAX_MICROPHONES is not set."""

from __future__ import annotations

import os
from typing import Literal

from .descriptors import raise_limit, rooms_within
from .internals import Feature, Internal
from .memory import read_memory

FEATURE = Feature(
    "the limits of rooms and microphones count all cores of the machine, even if a container has fewer",
    (
        Internal("livekit.agents.utils.hw", "get_cpu_monitor"),
        Internal("livekit.agents.utils.hw", "CPUMonitor.cpu_count"),
    ),
)

Isolation = Literal["shared", "process"]
"""Whether all jobs share the worker's process and event loop, or each has a process of its own."""

_MB = 1024 * 1024

MEMORY_SHARE = 0.8
"""How much of the memory a worker may plan with. The rest is the machine's, and for busy rooms."""

SHARED_BASE = 200 * _MB
SHARED_ROOM = 3 * _MB
SHARED_ROOMS_PER_CORE = 200
"""Rooms of which a few are busy at a time: one core writes about 300 pieces of replies a second."""

PROCESS_BASE = 255 * _MB
PROCESS_ROOM = 35 * _MB
PROCESS_ROOMS = 50

MICROPHONES_PER_CORE = 4
"""An open microphone takes up to 6 % of a core; most of a core is left for the rooms."""


def max_rooms_here(isolation: Isolation) -> int:
    """Return how many rooms fit on this machine, or into this container."""
    return default_max_rooms(isolation, _count_cores(), read_memory().total, raise_limit())


def max_microphones_here() -> int:
    """Return how many microphones one process listens to on this machine, or in this container."""
    return default_max_microphones(_count_cores())


def default_max_microphones(cores: float) -> int:
    """Return how many microphones so many cores, also a part of one, are enough for."""
    return max(1, int(MICROPHONES_PER_CORE * cores))


def _count_cores() -> float:
    if FEATURE.misfits:
        return os.cpu_count() or 1
    from livekit.agents.utils.hw import get_cpu_monitor

    return get_cpu_monitor().cpu_count()


def default_max_rooms(isolation: Isolation, cores: float, memory: int, open_files: int) -> int:
    """Return how many rooms fit.

    Args:
        isolation: Whether rooms share a process.
        cores: Processor cores that the worker may use, also a part of one.
        memory: Bytes that it may use, all in all.
        open_files: How many files one process may open.
    """
    planned = int(memory * MEMORY_SHARE)
    if isolation == "process":
        return max(1, min(PROCESS_ROOMS, (planned - PROCESS_BASE) // PROCESS_ROOM))
    # One process runs Python on one core; the SDK's native threads use the others.
    by_cores = int(SHARED_ROOMS_PER_CORE * cores)
    by_memory = (planned - SHARED_BASE) // SHARED_ROOM
    return max(1, min(by_cores, by_memory, rooms_within(open_files)))
