"""How full the worker says it is."""

from __future__ import annotations

import pytest

from worker.hosting.load import BUSY_LOAD, FULL_LOAD, Load
from worker.hosting.memory import Memory

MUCH = Memory(total=1000, available=900)


def load_of(
    rooms: int = 0, lag: float = 0.0, memory: Memory = MUCH, microphones: float = 0.0
) -> Load:
    return Load(10, lambda: rooms, lambda: lag, lambda: memory, lambda: microphones)


@pytest.mark.parametrize(("rooms", "expected"), [(0, 0.0), (5, 0.35), (10, FULL_LOAD), (99, 1.0)])
def test_rooms_count_up_to_the_last_that_may_be_taken(rooms: int, expected: float) -> None:
    assert load_of(rooms=rooms)() == pytest.approx(expected)


def test_a_late_event_loop_shows_but_does_not_make_the_worker_full() -> None:
    assert load_of(lag=0.25)() == pytest.approx(BUSY_LOAD / 2)
    assert load_of(lag=60.0)() == pytest.approx(BUSY_LOAD)
    assert BUSY_LOAD < FULL_LOAD


def test_open_microphones_show_but_do_not_make_the_worker_full() -> None:
    assert load_of(microphones=0.5)() == pytest.approx(BUSY_LOAD / 2)
    assert load_of(microphones=1.0)() == pytest.approx(BUSY_LOAD)
    assert load_of(microphones=1.5)() == pytest.approx(BUSY_LOAD)


def test_scarce_memory_makes_the_worker_full() -> None:
    scarce = load_of(memory=Memory(1000, 40))
    assert scarce() >= FULL_LOAD
    assert not scarce.has_memory
    plenty = load_of(memory=Memory(1000, 500))
    assert plenty() == 0.0
    assert plenty.has_memory


def test_the_highest_counts() -> None:
    assert load_of(rooms=2, lag=0.4)() == pytest.approx(BUSY_LOAD * 0.8)
    assert load_of(rooms=9, lag=0.1)() == pytest.approx(0.63)
    assert load_of(rooms=1, lag=0.1, microphones=0.8)() == pytest.approx(BUSY_LOAD * 0.8)
