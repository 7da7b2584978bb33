"""What detecting voices costs, with either package that brings Silero's model. No server is needed.

Each is measured in a fresh process, as what one has loaded would be the other's gain.
"""

import json
import sys
from collections.abc import Callable, Iterator

from pydantic.dataclasses import dataclass

from benchmarks.processes import listening_to
from tests.environment import environment_with

TITLES = {
    "silero": "livekit-plugins-silero",
    "bundled": "livekit.agents.inference",
}
"""By name, the packages."""

STREAMS = (1, 10, 20)
"""Microphones that are listened to at once, one number after the other."""

SECONDS = 8
"""How long each number of them is listened to: a sentence and a pause."""

_START_LIMIT = 60.0

_NO_PRELOAD = {"LIVEKIT_AGENTS_PRELOAD_LOCAL_INFERENCE": "0"}
"""As in this worker."""


@dataclass(frozen=True)
class VadFigures:
    """One package, listening to a number of streams at the speed of life."""

    name: str

    load_ms: float
    """Wall time until the model is loaded, imports included; the thread that does it is blocked."""

    load_mb: float
    """PSS that the process grew by meanwhile."""

    streams: int

    stream_mb: float
    """PSS that the process grew by while they were opened and listened, for each stream."""

    cpu_ms: float
    """CPU time of the process for each stream and second of sound; feeding it is taken off."""

    loop_ms: float
    """The share of the event loop's thread in it."""

    lag_p99_ms: float
    """How late the event loop ran what was due, at the 99th percentile."""

    quiet_lag_p99_ms: float
    """The same while nobody was listened to, but sound was made."""

    found: int
    """Sentences whose beginning was noticed."""

    spoken: int
    """Sentences that were spoken."""


def measure_vads(on_step: Callable[[str], None]) -> list[VadFigures]:
    """Measure every package with every number of streams.

    Args:
        on_step: Called with what is being done.

    Raises:
        ChildFailedError: If a process fails.
    """
    return [figures for name in TITLES for figures in _measure(name, on_step)]


def _measure(name: str, on_step: Callable[[str], None]) -> Iterator[VadFigures]:
    arguments = [name, str(SECONDS), *map(str, STREAMS)]
    command = [sys.executable, "-m", "benchmarks.vad_process", *arguments]
    with listening_to(TITLES[name], command, environment_with(**_NO_PRELOAD)) as process:
        for streams in STREAMS:
            on_step(f"detecting voices: {TITLES[name]}, {streams} at once")
            line = process.wait_for_line('"lag_p99_ms"', _START_LIMIT + 2 * SECONDS)
            yield VadFigures(**json.loads(line))
