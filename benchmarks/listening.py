"""What open microphones cost a worker, and what it takes as they are opened and closed. No I/O."""

from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.churn import Sample

QUIET, TALK = "quiet", "talk"
"""Names of the sounds of `benchmarks.sounds`."""

COUNTS = (1, 10, 20)
"""How many microphones are open at once, each in a room of its own."""

TRACK_MILESTONES = (0, 10, 100, 200)
"""Tracks published and unpublished at which the table shows what is taken."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a worker took in a stretch of time."""

    seconds: float
    cpu_s: float
    """CPU time of its process."""

    loop_s: float
    """The part of it that the thread with the rooms' event loop took."""

    rss_mb: float
    """Its memory in the end. The PSS also changes when other processes come and go."""

    threads: int

    sounds: int
    """Requests to the speech service."""

    @property
    def cpu_percent(self) -> float:
        """Per cent of a core."""
        return 100 * self.cpu_s / self.seconds

    @property
    def loop_percent(self) -> float:
        """Per cent of the event loop's time."""
        return 100 * self.loop_s / self.seconds


@dataclass(frozen=True, slots=True)
class Listening:
    """A worker with a number of open microphones, and the same without."""

    sound: str
    """`QUIET` or `TALK`."""

    microphones: int
    spent: Spent

    idle: Spent
    """With the same rooms, before any microphone was opened."""

    @property
    def cpu_each(self) -> float:
        """Per cent of a core for each microphone."""
        return (self.spent.cpu_percent - self.idle.cpu_percent) / self.microphones

    @property
    def loop_each(self) -> float:
        """Per cent of the rooms' event loop for each microphone."""
        return (self.spent.loop_percent - self.idle.loop_percent) / self.microphones


def dearest_cpu(measured: Iterable[Listening]) -> Listening:
    """Find where a microphone takes most of a core."""
    return max(measured, key=lambda each: each.cpu_each)


def dearest_loop(measured: Iterable[Listening]) -> Listening:
    """Find where a microphone takes most of the rooms' event loop."""
    return max(measured, key=lambda each: each.loop_each)


def threads_left(samples: list[Sample]) -> int:
    """Count the threads that there are in the end beyond those after the first tracks."""
    return samples[-1].threads - samples[1].threads
