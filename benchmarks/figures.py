"""Turns what clients received into figures: delays, percentiles, medians. No I/O, no clock.

Delays are in milliseconds, as floats; times in microseconds, as integers.
"""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from benchmarks.observation import Heard, Update
from benchmarks.scenarios import Scenario
from benchmarks.tokens import elapsed_us, read_stamps

LATE_MS = 2000.0
"""A reply is late if one of its tokens took longer than this."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one run of one workload, or what several runs come to."""

    p50_ms: float
    """Median delay from a token leaving the LLM to the client holding it."""

    p95_ms: float
    max_ms: float

    first_text_ms: float
    """Delay of the first token."""

    turn_ms: float
    """From the client's message to its first text. The fake LLM answers at once."""

    updates: float
    """Arrivals of text that the client saw for one reply."""

    payload_bytes: float
    """Bytes of text payload that the client received for one reply."""

    llm_late_ms: float
    """p95 of how late the fake LLM itself was: the noise of the machine, in no other figure."""

    cpu_ms: float
    """CPU time of the worker and all its processes, for each token."""

    server_cpu_ms: float
    """CPU time of the livekit-server, for each token."""

    rooms: float
    """How many there were in all, busy and idle."""

    replies: int
    """How many were asked for."""

    late: int
    """How many of them had a token that took longer than `LATE_MS`, the lost ones included."""

    lost: int
    """How many of them were not complete when the client gave up."""

    @property
    def has_cpu(self) -> bool:
        """Whether `cpu_ms` is known: where processes ended, what they had used went with them."""
        return self.cpu_ms > 0


_COUNTS = ("replies", "late", "lost")


def percentile(values: Iterable[float], share: float) -> float:
    """Find the smallest value that at least ``share`` (0..1) of the values do not exceed."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no values")
    return ordered[max(math.ceil(share * len(ordered)), 1) - 1]


def token_delays(stamps: Sequence[int], updates: Iterable[Update], given_up_us: int) -> list[float]:
    """Find for each token the delay until the first update that held it.

    A token that is in no update counts as held when the client gave up, so that losing a token is
    never better than bringing it late.
    """
    delays: list[float] = []
    for update in updates:
        for sent in stamps[len(delays) : update.held]:
            delays.append(elapsed_us(sent, update.at_us) / 1000)
    return delays + [elapsed_us(sent, given_up_us) / 1000 for sent in stamps[len(delays) :]]


def llm_lateness(stamps: Sequence[int], interval_us: int) -> list[float]:
    """Find how long after its due time each token was sent, the first being on time."""
    return [
        (elapsed_us(stamps[0], sent) - number * interval_us) / 1000
        for number, sent in enumerate(stamps)
    ]


def summarize(
    replies: Sequence[Heard], scenario: Scenario, *, cpu: float, server_cpu: float, rooms: int
) -> Figures:
    """Work out the figures of one run from all its replies, of all rooms.

    Delays of all replies are pooled; what there is one of for each reply is its median.

    Args:
        replies: All that were asked for.
        scenario: What was asked for.
        cpu: Seconds of CPU time that the worker took.
        server_cpu: Seconds of CPU time that the livekit-server took.
        rooms: How many there were in all.

    Raises:
        GarbledReplyError: If a reply is anything but a row of tokens.
    """
    delays: list[float] = []
    lateness: list[float] = []
    firsts: list[float] = []
    turns: list[float] = []
    late = lost = 0
    tokens = scenario.tokens * len(replies)
    for reply in replies:
        held = read_stamps(reply.observation.text)
        stamps = held + _missing(held, reply.asked_us, scenario)
        own = token_delays(stamps, reply.observation.updates, reply.given_up_us)
        delays += own
        lateness += llm_lateness(held, scenario.interval_us) if held else []
        firsts.append(own[0])
        turns.append(elapsed_us(reply.asked_us, stamps[0]) / 1000 + own[0])
        is_lost = len(held) < scenario.tokens
        lost += is_lost
        late += is_lost or max(own) > LATE_MS
    return Figures(
        p50_ms=percentile(delays, 0.50),
        p95_ms=percentile(delays, 0.95),
        max_ms=max(delays),
        first_text_ms=statistics.median(firsts),
        turn_ms=statistics.median(turns),
        updates=statistics.median(len(reply.observation.updates) for reply in replies),
        payload_bytes=statistics.median(reply.observation.payload_bytes for reply in replies),
        llm_late_ms=percentile(lateness or [0.0], 0.95),
        cpu_ms=1000 * cpu / tokens,
        server_cpu_ms=1000 * server_cpu / tokens,
        rooms=rooms,
        replies=len(replies),
        late=late,
        lost=lost,
    )


def _missing(held: Sequence[int], asked_us: int, scenario: Scenario) -> list[int]:
    """Say when the tokens that never came were due, counting from the first or from the message."""
    start = held[0] if held else asked_us
    due = range(len(held), scenario.tokens)
    return [start + number * scenario.interval_us for number in due]


def combine(runs: Sequence[Figures]) -> Figures:
    """Take the median of each figure over several runs, and the sum of what is counted."""
    return Figures(
        **{
            field.name: (sum if field.name in _COUNTS else statistics.median)(
                getattr(run, field.name) for run in runs
            )
            for field in fields(Figures)
        }
    )
