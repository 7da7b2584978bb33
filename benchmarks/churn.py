"""What a worker needs while rooms, or tracks, open and close, and whether that grows. No I/O."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Memory = Literal["pss_mb", "rss_mb"]

MILESTONES = (0, 100, 1000, 2000)
"""Rooms opened and closed at which the table shows what is taken."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A worker right after a wave of rooms, or tracks, was closed."""

    rooms: int
    """How many of them it has had so far, all of them closed."""

    pss_mb: float
    rss_mb: float
    threads: int
    descriptors: int
    tasks: int
    """Tasks on its event loop."""


def milestones(samples: Sequence[Sample], at: Sequence[int] = MILESTONES) -> list[Sample]:
    """Pick the samples to show: at the milestones, and the last."""
    if not samples:
        return []
    shown = [sample for sample in samples[:-1] if sample.rooms in at]
    return [*shown, samples[-1]]


def growth_per_thousand(samples: Sequence[Sample], of: Memory = "pss_mb") -> float | None:
    """Fit a line to the second half of the rooms, by least squares.

    Args:
        samples: In order.
        of: Which memory. The PSS also changes when other processes with the same libraries come and go.

    Returns:
        MB for 1,000 rooms or tracks, or None where there are too few samples.
    """
    half = [sample for sample in samples if sample.rooms >= samples[-1].rooms / 2]
    if len({sample.rooms for sample in half}) < 2:
        return None
    rooms, memory = [s.rooms for s in half], [getattr(s, of) for s in half]
    return 1000 * statistics.linear_regression(rooms, memory).slope
