from dataclasses import replace

import pytest

from benchmarks.performance import combine_figures, combine_hosting, combine_memory
from benchmarks.workloads import TWENTY
from tests.unit.benchmarks.samples import FIGURES, performance

RUNS = [
    performance({TWENTY: FIGURES}, [(0, 90), (1, 100), (5, 500), (11, 120)]),
    performance({TWENTY: replace(FIGURES, p95_ms=7)}, [(0, 92), (1, 104), (11, 134)]),
]


def test_a_further_room_costs_what_lies_between_the_first_and_the_last() -> None:
    hosting = combine_hosting(RUNS)
    assert hosting is not None
    assert (hosting.empty_mb, hosting.one_mb, hosting.further_mb) == (91, 102, 2.5)
    assert (hosting.rooms, hosting.ready_p50_ms, hosting.ready_p95_ms) == (11, 110, 110)
    assert hosting.server_mb == pytest.approx(0.25)


def test_one_room_says_nothing_of_further_ones() -> None:
    hosting = combine_hosting([performance({}, [(0, 90), (1, 100)])])
    assert hosting is not None
    assert (hosting.one_mb, hosting.further_mb, hosting.server_mb) == (100, None, None)


def test_a_worker_that_never_had_a_room_has_no_costs() -> None:
    assert combine_hosting([performance({}, [(0, 90)], stopped="it ended")]) is None


def test_starts_are_of_the_workers_that_tell_them() -> None:
    starts = [100.0] * 8 + [200.0, 400.0] + [300.0]
    hosting = combine_hosting([*RUNS, *2 * [replace(RUNS[1], start_ms=starts)]])
    assert hosting is not None
    assert (hosting.start_alone_p95_ms, hosting.start_p95_ms) == (400, 300)
    hosting = combine_hosting(RUNS)
    assert hosting is not None
    assert (hosting.start_alone_p95_ms, hosting.start_p95_ms) == (None, None)


def test_memory_is_the_median_at_each_number_of_rooms() -> None:
    assert combine_memory(RUNS) == {0: 91, 1: 102, 5: 500, 11: 127}


def test_figures_are_of_the_runs_that_got_as_far() -> None:
    figures = combine_figures([*RUNS, performance({}, stopped="no memory")], TWENTY.name)
    assert figures is not None
    assert (figures.p95_ms, figures.replies) == (6, 6)
    assert combine_figures(RUNS, "another") is None
