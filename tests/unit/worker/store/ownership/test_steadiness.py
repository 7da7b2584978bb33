from __future__ import annotations

import pytest

from worker.store.database.clock import LIFETIME
from worker.store.ownership.steadiness import Steadiness

EPOCH = 1_700_000_000.0
"""What the database's clock shows when the worker's shows 0."""


def beating(*times: float) -> Steadiness:
    steadiness = Steadiness()
    for time in times:
        steadiness.note_beat(time, EPOCH + time)
    return steadiness


def test_before_the_first_heartbeat_nobody_is_dead() -> None:
    assert not Steadiness().is_steady(0.0)


def test_a_worker_that_starts_need_not_wait() -> None:
    assert beating(0.0).is_steady(0.1)


def test_heartbeats_in_time_are_steady() -> None:
    assert beating(0.0, 1.0, 2.2, 3.1, 5.9).is_steady(6.0)


def test_who_does_not_beat_any_more_says_nothing_of_others() -> None:
    assert not beating(0.0, 1.0).is_steady(4.1)


@pytest.mark.parametrize("starting", [True, False])
def test_after_a_failure_others_have_time_to_beat(starting: bool) -> None:
    steadiness = Steadiness() if starting else beating(0.0)
    steadiness.note_failure()
    assert not steadiness.is_steady(0.5)
    steadiness.note_beat(1.0, EPOCH + 1.0)

    for time in (2.0, 3.0, 4.0, 5.0):
        assert not steadiness.is_steady(time)
        steadiness.note_beat(time, EPOCH + time)
    assert steadiness.is_steady(1.0 + LIFETIME)


def test_after_a_pause_others_have_time_to_beat() -> None:
    steadiness = beating(0.0, 30.0)

    assert not steadiness.is_steady(30.1)
    steadiness.note_beat(32.0, EPOCH + 32.0)
    steadiness.note_beat(34.0, EPOCH + 34.0)
    assert steadiness.is_steady(35.1)


@pytest.mark.parametrize("hours", [1, -1])
def test_after_the_clock_was_set_others_have_time_to_beat(hours: int) -> None:
    steadiness = beating(0.0, 1.0)
    later = EPOCH + hours * 3_600
    steadiness.note_beat(2.0, later + 2.0)
    assert not steadiness.is_steady(2.1)
    for time in (3.0, 4.0, 5.0, 6.0, 7.0):
        steadiness.note_beat(time, later + time)

    assert steadiness.is_steady(7.1)
