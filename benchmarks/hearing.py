"""Microphones that are opened in the rooms of a running worker, and closed again."""

import time
from collections.abc import Callable, Iterator

import psutil

from benchmarks.churn import Sample
from benchmarks.counting import count, count_sounds, sample
from benchmarks.crowd import Crowd
from benchmarks.listening import COUNTS, QUIET, TALK, Listening, Spent
from benchmarks.processes import ChildFailedError, Listener

HEARD_LIMIT = 30.0
"""Seconds that the agent may take to listen to a microphone that was opened."""

TRACKS = 200
"""Microphones that are opened and closed, one after another in each room."""

TRACK_ROOMS = 10
"""Rooms in which that is done at once."""

_ROOM_LIMIT = 30.0
_AT_ONCE = 4
"""Rooms that are opened at the same time."""

_ROOMS_SETTLE = 10.0
"""Seconds after rooms were opened, in which what is done once is done."""

_SETTLE = 4.0
"""The same after microphones were opened."""

_IDLE_SECONDS = 10.0
_SECONDS = 16.0
"""How long open microphones are listened to: twice a sentence and a pause."""

_TRACK_SECONDS = 1.5
"""How long each of `TRACKS` is open: some are closed in the middle of a sentence."""

_REST = 15.0
"""Seconds after the last track, in which native parts of it end."""


def hear(
    worker: Listener, speech: Listener, crowd: Crowd, on_step: Callable[[str], None]
) -> Iterator[Listening]:
    """Measure with each sound and number of microphones.

    Args:
        worker: A running `benchmarks.counted_worker` that listens.
        speech: A running `benchmarks.fake_speech`.
        crowd: Nobody yet.
        on_step: Called with what is being done.

    Raises:
        ChildFailedError: If a room has no agent, or a microphone is not listened to.
    """
    on_step("rooms without a microphone")
    _fill(crowd, max(COUNTS))
    observer = _Observer(worker, speech)
    idle = observer.observe(_IDLE_SECONDS)
    for sound in (QUIET, TALK):
        for number in COUNTS:
            on_step(f"{number} open microphones, {sound}")
            _open(crowd, number, sound)
            time.sleep(_SETTLE)
            yield Listening(sound, number, observer.observe(_SECONDS), idle)
            crowd.close_microphones()


def churn_tracks(worker: Listener, crowd: Crowd, on_sample: Callable[[Sample], None]) -> None:
    """Open and close `TRACKS` microphones, and read what the worker takes after each wave.

    Args:
        worker: A running `benchmarks.counted_worker` that listens.
        crowd: Nobody yet.
        on_sample: Called after each wave, and when the worker has come to rest.

    Raises:
        ChildFailedError: If a room has no agent, or a microphone is not listened to.
    """
    _fill(crowd, TRACK_ROOMS)
    on_sample(sample(worker, 0, collected=True))
    for done in range(TRACK_ROOMS, TRACKS + 1, TRACK_ROOMS):
        _open(crowd, TRACK_ROOMS, TALK)
        time.sleep(_TRACK_SECONDS)
        crowd.close_microphones()
        on_sample(sample(worker, done, collected=True))
    time.sleep(_REST)
    on_sample(sample(worker, TRACKS, collected=True))


def _fill(crowd: Crowd, rooms: int) -> None:
    while (opened := crowd.rooms) < rooms:
        joined = crowd.join(min(_AT_ONCE, rooms - opened), idle=True, limit=_ROOM_LIMIT)
        if None in joined:
            raise ChildFailedError("a room for a microphone got no agent, or no answer")
    time.sleep(_ROOMS_SETTLE)


def _open(crowd: Crowd, number: int, sound: str) -> None:
    heard = crowd.open_microphones(number, sound, HEARD_LIMIT)
    if not all(heard):
        raise ChildFailedError(
            f"{heard.count(False)} of {number} microphones were not listened to "
            f"within {HEARD_LIMIT:g} s"
        )


class _Observer:
    """Sees what a worker takes in a stretch of time."""

    def __init__(self, worker: Listener, speech: Listener) -> None:
        self._worker = worker
        self._speech = speech
        self._process = psutil.Process(worker.pid)

    def observe(self, seconds: float) -> Spent:
        sounds, before, began = count_sounds(self._speech), count(self._worker), time.monotonic()
        time.sleep(seconds)
        after, ended = count(self._worker), time.monotonic()
        return Spent(
            seconds=ended - began,
            cpu_s=after.cpu_s - before.cpu_s,
            loop_s=after.loop_s - before.loop_s,
            rss_mb=self._process.memory_info().rss / 1e6,
            threads=self._process.num_threads(),
            sounds=count_sounds(self._speech) - sounds,
        )
