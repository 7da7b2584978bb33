"""Asks a running `benchmarks.counted_worker` what it takes."""

import json
import os
import signal
from dataclasses import dataclass

import psutil

from benchmarks.churn import Sample
from benchmarks.processes import Listener
from benchmarks.usage import ProcessTree

_LIMIT = 30.0
"""Seconds that an answer may take."""


@dataclass(frozen=True, slots=True)
class Count:
    """What a worker says of itself."""

    tasks: int
    """Tasks on the rooms' event loop."""

    cpu_s: float
    """CPU time of its process so far."""

    loop_s: float
    """The part of it that the event loop's thread took."""


def count(worker: Listener, *, collected: bool = False) -> Count:
    """Ask a worker.

    Args:
        worker: A running `benchmarks.counted_worker`.
        collected: Whether it collects garbage before.

    Raises:
        ChildFailedError: It does not answer.
    """
    os.kill(worker.pid, signal.SIGUSR2 if collected else signal.SIGUSR1)
    return Count(**json.loads(worker.wait_for_line('{"tasks"', _LIMIT)))


def count_sounds(speech: Listener) -> int:
    """Ask a running `benchmarks.fake_speech` how many sounds it was sent.

    Raises:
        ChildFailedError: It does not answer.
    """
    os.kill(speech.pid, signal.SIGUSR1)
    return int(json.loads(speech.wait_for_line('{"sounds"', _LIMIT))["sounds"])


def sample(worker: Listener, number: int, *, collected: bool = False) -> Sample:
    """Read what a worker takes after so many rooms or tracks.

    Args:
        worker: A running `benchmarks.counted_worker`.
        number: How many rooms or tracks it has had.
        collected: Whether it collects garbage before.

    Raises:
        ChildFailedError: It does not answer.
    """
    tasks = count(worker, collected=collected).tasks
    process = psutil.Process(worker.pid)
    return Sample(
        rooms=number,
        pss_mb=ProcessTree(worker.pid).pss_mb(),
        rss_mb=process.memory_info().rss / 1e6,
        threads=process.num_threads(),
        descriptors=process.num_fds(),
        tasks=tasks,
    )
