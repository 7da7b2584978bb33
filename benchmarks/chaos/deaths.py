"""When the agents of a room died, which people see only when another one comes. No I/O.

LiveKit shows an agent whose worker was killed for 20 s more, and one whose worker is frozen for ever.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.chaos.figures import Harm
from benchmarks.chaos.seen import Presence


@dataclass(frozen=True, slots=True)
class Ready:
    """An agent that is ready in a room, as its worker has logged."""

    at: float
    room: str
    worker: int
    """The worker's number."""


@dataclass(frozen=True, slots=True)
class Death:
    """The end of an agent, as far as the people in its room are concerned."""

    at: float

    until: float | None = None
    """When it lives again; None if never."""


def deaths_in(
    room: str, harms: Iterable[Harm], ready: Sequence[Ready], frozen: float
) -> list[Death]:
    """Find when the agents of a room died.

    Args:
        room: The room's name.
        harms: What was done to workers.
        ready: The agents of all rooms.
        frozen: Seconds for which workers were frozen.
    """
    deaths = []
    for harm in harms:
        before = [each for each in ready if each.room == room and each.at <= harm.at]
        newest = max(before, key=lambda each: each.at, default=None)
        if harm.kind != "end" and newest is not None and newest.worker == harm.worker:
            deaths.append(Death(harm.at, harm.at + frozen if harm.kind == "freeze" else None))
    return deaths


def alive(presences: Iterable[Presence], deaths: Iterable[Death]) -> list[Presence]:
    """Return when agents were there and alive."""
    living = list(presences)
    for death in deaths:
        living = [part for each in living for part in _without(each, death)]
    return living


def _without(presence: Presence, death: Death) -> list[Presence]:
    ends_at = float("inf") if presence.until is None else presence.until
    if not presence.since <= death.at < ends_at:
        return [presence]
    parts = [Presence(presence.sid, presence.since, death.at)]
    if death.until is not None and death.until < ends_at:
        parts.append(Presence(presence.sid, death.until, presence.until))
    return parts
