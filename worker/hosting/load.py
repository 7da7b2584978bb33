"""The load that the worker reports to the server."""

from __future__ import annotations

from collections.abc import Callable

from .memory import Memory

FULL_LOAD = 0.7
"""The load at which livekit-server takes a worker for full (its agent service's ``TargetLoad``)."""

BUSY_LOAD = 0.65
"""The highest load that lateness or microphones alone make. A worker that is late, or hears no further
microphone, is worse than another one, but better than none: the server asks once for a room, and a room
that all refuse stays without an agent."""

LAG_LIMIT = 0.5
"""Seconds that the event loop is late for a worker to be as busy as it can be."""

MEMORY_EASE = 0.5
"""The share of memory up to which its use says nothing."""

MEMORY_LIMIT = 0.95
"""The share of memory in use at which no further room is taken."""


def rooms_load(rooms: int, max_rooms: int) -> float:
    """Return the load of so many rooms: full with the last that may be taken."""
    return FULL_LOAD * rooms / max_rooms


def lag_load(lag: float) -> float:
    """Return the load of an event loop that is so many seconds late."""
    return BUSY_LOAD * min(lag / LAG_LIMIT, 1.0)


def microphones_load(open_share: float) -> float:
    """Return the load of listening to so much, from 0 to 1, of the microphones that there may be."""
    return BUSY_LOAD * min(open_share, 1.0)


def memory_load(used_share: float) -> float:
    """Return the load of having so much of the memory, from 0 to 1, in use."""
    return FULL_LOAD * max(0.0, used_share - MEMORY_EASE) / (MEMORY_LIMIT - MEMORY_EASE)


class Load:
    """A worker's load: the highest of its rooms', its event loop's, its microphones' and its memory's."""

    def __init__(
        self,
        max_rooms: int,
        rooms: Callable[[], int],
        lag: Callable[[], float],
        memory: Callable[[], Memory],
        microphones: Callable[[], float],
    ) -> None:
        """Measure by these functions, which are called in any thread.

        Args:
            max_rooms: How many rooms the worker takes.
            rooms: How many it has.
            lag: Seconds that the event loop is late.
            memory: What memory there is.
            microphones: Share of the microphones that may be open which is, from 0 to 1.
        """
        self._max_rooms = max_rooms
        self._rooms = rooms
        self._lag = lag
        self._memory = memory
        self._microphones = microphones
        self._memory_load = 0.0

    @property
    def has_memory(self) -> bool:
        """Whether there was memory for a further room when it was looked for last."""
        return self._memory_load < FULL_LOAD

    def __call__(self) -> float:
        """Return the load, from 0 to 1."""
        self._memory_load = memory_load(self._memory().used_share)
        rooms = rooms_load(self._rooms(), self._max_rooms)
        busy = max(lag_load(self._lag()), microphones_load(self._microphones()))
        return min(1.0, max(rooms, busy, self._memory_load))
