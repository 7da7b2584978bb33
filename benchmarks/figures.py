"""From observations to figures: delays, percentiles, medians. No I/O, no clock.

Delays are in milliseconds, as floats; times in microseconds, as integers.
"""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from benchmarks.observation import Observation, Update
from benchmarks.tokens import elapsed_us, read_stamps


class LostTokensError(ValueError):
    """A reply of which the client does not hold every token."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One measured reply."""

    asked_us: int
    """When the client began to send its message."""

    requested_us: int
    """When the LLM had the worker's request."""

    observation: Observation


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one run of one scenario, or the medians of several runs."""

    p50_ms: float
    """Median delay from a token leaving the LLM to the client holding it."""

    p95_ms: float
    max_ms: float

    first_text_ms: float
    """Delay of the first token."""

    turn_ms: float
    """From the client's message to its first text, less the time the LLM took."""

    updates: float
    """Arrivals of text that the client saw for one reply."""

    payload_bytes: float
    """Bytes of text payload that the client received for one reply."""

    llm_late_ms: float
    """p95 of how late the fake LLM itself was: the noise of the machine, in no other figure."""


def percentile(values: Iterable[float], share: float) -> float:
    """Find the smallest value that at least ``share`` (0..1) of the values do not exceed."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no values")
    return ordered[max(math.ceil(share * len(ordered)), 1) - 1]


def token_delays(stamps: Sequence[int], updates: Iterable[Update]) -> list[float]:
    """Find for each token the delay until the first update that held it.

    Raises:
        LostTokensError: If some token is in no update.
    """
    delays: list[float] = []
    for update in updates:
        for sent in stamps[len(delays) : update.held]:
            delays.append(elapsed_us(sent, update.at_us) / 1000)
    if len(delays) < len(stamps):
        raise LostTokensError(f"{len(stamps) - len(delays)} of {len(stamps)} tokens never came")
    return delays


def llm_lateness(stamps: Sequence[int], interval_us: int) -> list[float]:
    """Find how long after its due time each token was sent, the first being on time."""
    return [
        (elapsed_us(stamps[0], sent) - number * interval_us) / 1000
        for number, sent in enumerate(stamps)
    ]


def summarize(replies: Sequence[Reply], *, tokens: int, interval_us: int) -> Figures:
    """Work out the figures of one run from its replies.

    Delays of all replies are pooled; what there is one of for each reply is its median.

    Raises:
        LostTokensError: If a reply is incomplete.
    """
    delays: list[float] = []
    lateness: list[float] = []
    firsts: list[float] = []
    turns: list[float] = []
    for reply in replies:
        stamps = read_stamps(reply.observation.text)
        if len(stamps) != tokens:
            raise LostTokensError(f"the reply ended with {len(stamps)} of {tokens} tokens")
        reply_delays = token_delays(stamps, reply.observation.updates)
        delays += reply_delays
        lateness += llm_lateness(stamps, interval_us)
        firsts.append(reply_delays[0])
        to_request = elapsed_us(reply.asked_us, reply.requested_us) / 1000
        turns.append(to_request + reply_delays[0])
    return Figures(
        p50_ms=percentile(delays, 0.50),
        p95_ms=percentile(delays, 0.95),
        max_ms=max(delays),
        first_text_ms=statistics.median(firsts),
        turn_ms=statistics.median(turns),
        updates=statistics.median(len(reply.observation.updates) for reply in replies),
        payload_bytes=statistics.median(reply.observation.payload_bytes for reply in replies),
        llm_late_ms=percentile(lateness, 0.95),
    )


def medians(runs: Sequence[Figures]) -> Figures:
    """Take the median of each figure over several runs."""
    return Figures(
        **{
            field.name: statistics.median(getattr(run, field.name) for run in runs)
            for field in fields(Figures)
        }
    )
