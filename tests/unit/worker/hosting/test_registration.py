"""How long a registration has been missing."""

from __future__ import annotations

from worker.hosting.registration import Registration


class Clock:
    """Stands still until it is set."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_nothing_is_missing_before_it_is_needed() -> None:
    clock = Clock()
    registration = Registration(clock)
    clock.now += 50
    assert registration.missing_for == 0
    assert not registration.had


def test_time_counts_from_the_start_and_from_each_loss() -> None:
    clock = Clock()
    registration = Registration(clock)
    registration.miss()
    clock.now += 50
    registration.miss()
    assert registration.missing_for == 50
    registration.hold()
    clock.now += 50
    assert registration.missing_for == 0
    assert registration.had
    registration.miss()
    clock.now += 3
    assert registration.missing_for == 3
