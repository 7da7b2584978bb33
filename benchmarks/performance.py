"""What one worker did in one run of a program, and what several runs come to. No I/O."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from benchmarks.figures import Figures, combine, percentile
from benchmarks.writing import Writing, combine_writing

ONE_BY_ONE = 10
"""How many rooms are opened one after the other. Those after them are opened several at a time."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory of a worker and all its processes, all rooms being quiet."""

    rooms: int
    pss_mb: float
    server_mb: float
    """Memory of the livekit-server, which is a fresh one too."""


@dataclass(slots=True)
class Performance:
    """One worker, from its start to its end."""

    memory: list[Memory] = field(default_factory=list)
    """As rooms were added; the first is that of a worker without any."""

    ready_ms: list[float] = field(default_factory=list)
    """For each room, from the person's joining to an agent that listens."""

    start_ms: list[float] = field(default_factory=list)
    """For each room, from the job's assignment to an agent that listens, by the worker's clock.
    Empty for workers that do not say it."""

    figures: dict[str, Figures] = field(default_factory=dict)
    """By name of the workload; what was not reached is missing."""

    writing: dict[str, Writing] = field(default_factory=dict)
    """What was written into its store meanwhile, by name of the workload; empty if it has none."""

    stopped: str | None = None
    """Why it went no further, or None if it went through the whole program."""


@dataclass(frozen=True, slots=True)
class Hosting:
    """What rooms cost a worker: medians over runs."""

    empty_mb: float
    """Memory of a worker without rooms."""

    one_mb: float
    """Memory with one room."""

    further_mb: float | None
    """Memory for each further room; None if there was none."""

    rooms: int
    """Up to how many rooms that was measured."""

    ready_p50_ms: float
    ready_p95_ms: float
    """Of rooms opened several at a time, or of all where there were no such rooms."""

    start_alone_p95_ms: float | None
    """Of the worker's own figures for rooms opened one by one, of all runs; None if it has none."""

    start_p95_ms: float | None
    """The same for rooms opened several at a time."""

    server_mb: float | None
    """Memory of the livekit-server for each further room."""


def combine_hosting(runs: Sequence[Performance]) -> Hosting | None:
    """Work out what rooms cost, or None if no run had even one."""
    runs = [run for run in runs if len(run.memory) > 1]
    if not runs:
        return None
    several = [run.memory for run in runs if run.memory[-1].rooms > 1]
    ready = [run.ready_ms[ONE_BY_ONE:] or run.ready_ms for run in runs]
    return Hosting(
        empty_mb=statistics.median(run.memory[0].pss_mb for run in runs),
        one_mb=statistics.median(run.memory[1].pss_mb for run in runs),
        further_mb=statistics.median(map(_further_mb, several)) if several else None,
        rooms=min(run.memory[-1].rooms for run in runs),
        ready_p50_ms=statistics.median(percentile(times, 0.50) for times in ready),
        ready_p95_ms=statistics.median(percentile(times, 0.95) for times in ready),
        start_alone_p95_ms=_pooled_p95(run.start_ms[:ONE_BY_ONE] for run in runs),
        start_p95_ms=_pooled_p95(run.start_ms[ONE_BY_ONE:] for run in runs),
        server_mb=statistics.median(map(_server_mb, several)) if several else None,
    )


def combine_memory(runs: Sequence[Performance]) -> dict[int, float]:
    """Take the median of a worker's memory at each number of rooms."""
    by_rooms: dict[int, list[float]] = {}
    for run in runs:
        for memory in run.memory:
            by_rooms.setdefault(memory.rooms, []).append(memory.pss_mb)
    return {rooms: statistics.median(mbs) for rooms, mbs in sorted(by_rooms.items())}


def combine_figures(runs: Sequence[Performance], workload: str) -> Figures | None:
    """Work out what the runs that got as far come to, or None if none did."""
    figures = [run.figures[workload] for run in runs if workload in run.figures]
    return combine(figures) if figures else None


def combine_writings(runs: Sequence[Performance], workload: str) -> Writing | None:
    """Work out what the runs that have a store wrote into it, or None if none did."""
    writing = [run.writing[workload] for run in runs if workload in run.writing]
    return combine_writing(writing) if writing else None


def _pooled_p95(runs: Iterable[Sequence[float]]) -> float | None:
    times = [time for run in runs for time in run]
    return percentile(times, 0.95) if times else None


def _further_mb(memory: Sequence[Memory]) -> float:
    one, last = memory[1], memory[-1]
    return (last.pss_mb - one.pss_mb) / (last.rooms - one.rooms)


def _server_mb(memory: Sequence[Memory]) -> float:
    one, last = memory[1], memory[-1]
    return (last.server_mb - one.server_mb) / (last.rooms - one.rooms)
