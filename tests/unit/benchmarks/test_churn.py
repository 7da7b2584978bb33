"""Whether a worker grows as rooms come and go."""

import pytest

from benchmarks.churn import Sample, growth_per_thousand, milestones


def sample(rooms: int, pss_mb: float) -> Sample:
    return Sample(rooms, pss_mb, pss_mb + 30, threads=20, descriptors=30, tasks=7)


def test_growth_is_that_of_the_second_half() -> None:
    steep = [sample(rooms, 100 + rooms) for rooms in range(0, 1000, 20)]
    flat = [sample(rooms, 1100 + rooms / 100) for rooms in range(1000, 2020, 20)]
    assert growth_per_thousand(steep + flat) == pytest.approx(10)


def test_growth_is_that_of_the_memory_that_is_asked_for() -> None:
    samples = [
        Sample(rooms, 100, 130 + rooms / 50, threads=20, descriptors=30, tasks=7)
        for rooms in range(0, 220, 20)
    ]
    assert growth_per_thousand(samples, "rss_mb") == pytest.approx(20)
    assert growth_per_thousand(samples) == pytest.approx(0)


def test_a_worker_that_stays_as_it_is_does_not_grow() -> None:
    assert growth_per_thousand([sample(rooms, 200) for rooms in range(0, 220, 20)]) == 0


def test_one_number_of_rooms_says_nothing_of_growth() -> None:
    assert growth_per_thousand([]) is None
    assert growth_per_thousand([sample(0, 100), sample(20, 200), sample(20, 150)]) is None


def test_milestones_and_the_last_sample_are_shown() -> None:
    samples = [sample(rooms, 100) for rooms in range(0, 2020, 20)]
    rested = sample(2000, 90)
    shown = milestones([*samples, rested])
    assert [each.rooms for each in shown] == [0, 100, 1000, 2000, 2000]
    assert shown[-1] is rested
    assert milestones([]) == []
