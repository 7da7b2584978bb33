"""What is kept of a run. No I/O. Times are seconds since the moment from which workers were harmed."""

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["kill", "freeze", "end"]

Span = tuple[float, float]
"""Since when, and until when."""


@dataclass(frozen=True, slots=True)
class Harm:
    """Something that was done to a worker."""

    at: float
    kind: Kind
    worker: int
    """Its number, in the order in which they were started."""


@dataclass(frozen=True, slots=True)
class RoomFigures:
    """What went wrong in one room."""

    room: str
    questions: int
    answered: int
    """Questions with a whole reply in time."""

    lost: int
    """Questions without one that nobody was told to ask again, those that are half excluded."""

    late: int
    """How many of the lost ones had a whole reply after all, after the time limit."""

    again: int
    """Questions that were asked again, as the agent had said that it was away."""

    doubled: int
    """Questions with two replies, in two messages or in one."""

    half: int
    """Replies that were begun and had no end when the person looked away, nor a line that says so."""

    sealed: int
    """Replies that broke off twice, and say so: two workers that answered died, and the person is to ask again."""

    together: int
    """How often there were two agents at once."""

    forsaken: bool
    """Whether there was no agent when the person looked away."""

    absences: list[Span] = field(default_factory=list)
    """When there was no agent that lived, since there was one for the first time."""

    silences: list[Span] = field(default_factory=list)
    """When somebody waited, and no text of a reply came; shorter ones are left out."""


@dataclass(frozen=True, slots=True)
class Chaos:
    """One run."""

    memory: str
    """What kept the conversations: ``none``, ``sqlite`` or ``postgresql``."""

    seconds: float
    """How long workers were harmed."""

    workers: int
    harms: list[Harm]
    rooms: list[RoomFigures]
