from dataclasses import replace

import pytest

from benchmarks.aims import judge
from benchmarks.figures import Figures
from benchmarks.results import Results
from benchmarks.workloads import (
    HUNDRED,
    HUNDRED_ROOMS,
    IDLE_ROOMS,
    ONE_FAST,
    ONE_PACED,
    ONE_ROOM,
    TEN,
    TEN_AMONG_IDLE,
    TWENTY,
    TWENTY_ROOMS,
    Program,
    Workload,
)
from tests.unit.benchmarks.samples import FIGURES, empty_results, performance


def measured(program: Program, workload: Workload, **p95s: float) -> Results:
    results = empty_results()
    for subject, p95_ms in p95s.items():
        figures = replace(FIGURES, p95_ms=p95_ms)
        results.add(program, subject, performance({workload: figures}))
    return results


def met(results: Results, words: str) -> bool:
    [verdict] = [verdict for verdict in judge(results) if words in verdict.aim]
    return verdict.met


@pytest.mark.parametrize(("shared", "expected"), [(5.9, True), (6.1, False), (2.0, True)])
def test_at_an_ordinary_pace_the_p95_may_be_a_millisecond_later_than_the_faster_peer(
    shared: float, expected: bool
) -> None:
    results = measured(ONE_ROOM, ONE_PACED, shared=shared, default=5.0)
    assert met(results, "1 ms later than") is expected


@pytest.mark.parametrize(("shared", "expected"), [(10.0, True), (10.1, False)])
def test_at_a_fast_pace_the_p95_is_a_fifth(shared: float, expected: bool) -> None:
    results = measured(ONE_ROOM, ONE_FAST, shared=shared, default=50.0)
    assert met(results, "1/5 of RoomIO's") is expected


@pytest.mark.parametrize(
    ("changed", "words", "expected"),
    [
        ({"first_text_ms": 15.0}, "first text", True),
        ({"first_text_ms": 15.1}, "first text", False),
        ({"payload_bytes": 2640}, "1.2 bytes", True),
        ({"payload_bytes": 2641}, "1.2 bytes", False),
    ],
)
def test_what_one_room_has_to_keep_by_itself(
    changed: dict[str, float], words: str, expected: bool
) -> None:
    results = empty_results()
    figures: Figures = replace(FIGURES, **changed)  # type: ignore[arg-type] # names of floats
    results.add(ONE_ROOM, "shared", performance({ONE_PACED: figures}))
    assert met(results, words) is expected


@pytest.mark.parametrize(("shared", "expected"), [(10.0, True), (10.1, False)])
def test_in_twenty_rooms_the_p95_is_a_quarter_of_the_best_executor(
    shared: float, expected: bool
) -> None:
    results = measured(TWENTY_ROOMS, TWENTY, shared=shared, default=90, lean=80, thread=40)
    assert met(results, "1/4 of the best") is expected


@pytest.mark.parametrize(("shared", "expected"), [(20.0, True), (20.1, False)])
def test_in_twenty_rooms_the_p95_is_no_higher_than_openrtcs(shared: float, expected: bool) -> None:
    results = measured(TWENTY_ROOMS, TWENTY, shared=shared, openrtc=20)
    assert met(results, "openrtc") is expected


@pytest.mark.parametrize(
    ("one", "last", "words", "expected"),
    [
        (200, 230, "3 MB per further", True),
        (200, 231, "3 MB per further", False),
        (200, 230, "200 MB with one", True),
        (201, 230, "200 MB with one", False),
        (200, 230, "1/12 of a lean", True),
        (200, 231, "1/12 of a lean", False),
        (200, 230, "40 % of", True),
        (201, 230, "40 % of", False),
    ],
)
def test_memory(one: float, last: float, words: str, expected: bool) -> None:
    results = empty_results()
    for subject, memory in (
        ("shared", [(0, 150), (1, one), (11, last)]),
        ("lean", [(0, 200), (1, 300), (11, 660)]),
        ("default", [(0, 450), (1, 500), (11, 900)]),
    ):
        results.add(TWENTY_ROOMS, subject, performance({TWENTY: FIGURES}, memory))
    assert met(results, words) is expected


@pytest.mark.parametrize(("slowest", "expected"), [(250.0, True), (251.0, False)])
def test_an_agent_is_ready_within_a_quarter_of_a_second(slowest: float, expected: bool) -> None:
    results = empty_results()
    run = performance({TWENTY: FIGURES}, [(0, 150), (1, 151), (2, 152)])
    results.add(TWENTY_ROOMS, "shared", replace(run, start_ms=[100.0, slowest]))
    assert met(results, "ready at most 250 ms") is expected


@pytest.mark.parametrize(("late", "lost", "expected"), [(0, 0, True), (1, 0, False), (1, 1, False)])
def test_in_a_hundred_rooms_no_reply_is_late_or_lost(late: int, lost: int, expected: bool) -> None:
    results = empty_results()
    figures = replace(FIGURES, late=late, lost=lost)
    # One bad run among good ones is not hidden by a median.
    for each in (FIGURES, figures, FIGURES):
        results.add(HUNDRED_ROOMS, "shared", performance({HUNDRED: each}))
    assert met(results, "late") is expected


@pytest.mark.parametrize(("p95_ms", "expected"), [(500.0, True), (501.0, False)])
def test_in_a_hundred_rooms_the_p95_is_half_a_second(p95_ms: float, expected: bool) -> None:
    assert met(measured(HUNDRED_ROOMS, HUNDRED, shared=p95_ms), "500 ms") is expected


@pytest.mark.parametrize(("among", "expected"), [(10.0, True), (10.1, False)])
def test_idle_rooms_at_most_double_the_p95(among: float, expected: bool) -> None:
    results = empty_results()
    among_idle = replace(FIGURES, p95_ms=among, rooms=310)
    results.add(IDLE_ROOMS, "shared", performance({TEN: FIGURES, TEN_AMONG_IDLE: among_idle}))
    assert met(results, "twice") is expected


def test_fewer_idle_rooms_than_planned_are_no_proof() -> None:
    results = empty_results()
    among_idle = replace(FIGURES, rooms=100)
    results.add(IDLE_ROOMS, "shared", performance({TEN: FIGURES, TEN_AMONG_IDLE: among_idle}))
    assert judge(results) == []


def test_peers_alone_are_not_judged() -> None:
    assert judge(measured(ONE_ROOM, ONE_PACED, default=5.0)) == []
