from dataclasses import replace

import pytest

from benchmarks.figures import (
    LATE_MS,
    Figures,
    combine,
    llm_lateness,
    percentile,
    summarize,
    token_delays,
)
from benchmarks.observation import Event, Heard, Observation, Update, observe
from benchmarks.scenarios import Scenario
from benchmarks.tokens import stamp

FIGURES = Figures(
    p50_ms=1,
    p95_ms=2,
    max_ms=3,
    first_text_ms=4,
    turn_ms=5,
    updates=6,
    payload_bytes=7,
    llm_late_ms=8,
    cpu_ms=9,
    server_cpu_ms=10,
    rooms=1,
    replies=10,
    late=1,
    lost=0,
)

TWO = Scenario(tokens=2, interval_us=2_000)


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([7], 0.5, 7),
        ([7], 0.95, 7),
        ([3, 1, 2], 0.5, 2),
        ([4, 1, 3, 2], 0.5, 2),
        (range(1, 101), 0.95, 95),
        (range(1, 201), 0.95, 190),
        (range(1, 11), 0, 1),
        (range(1, 11), 1, 10),
    ],
)
def test_percentile(values: list[float], share: float, expected: float) -> None:
    assert percentile(values, share) == expected


def test_percentile_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_each_token_is_held_from_the_first_update_that_has_it() -> None:
    updates = [Update(3_000, 1), Update(3_500, 1), Update(6_000, 3)]
    assert token_delays([1_000, 2_000, 5_500], updates, 9_000) == [2.0, 4.0, 0.5]


def test_a_shorter_update_takes_nothing_back() -> None:
    updates = [Update(3_000, 2), Update(4_000, 1), Update(5_000, 3)]
    assert token_delays([1_000, 2_000, 4_500], updates, 9_000) == [2.0, 1.0, 0.5]


def test_a_token_in_no_update_is_as_late_as_the_client_waited() -> None:
    assert token_delays([1_000, 2_000], [Update(3_000, 1)], 9_000) == [2.0, 7.0]


def test_lateness_counts_from_the_first_token() -> None:
    assert llm_lateness([500, 2_500, 5_500], interval_us=2_000) == [0.0, 0.0, 1.0]


def heard(stamps: list[int], delay_us: int) -> Heard:
    """One update for each token, each `delay_us` after it was sent."""
    events = [Event(sent + delay_us, "s", stamp(sent)) for sent in stamps]
    return Heard(stamps[0] - 900, stamps[-1] + 3_000_000, observe(events))


def test_the_delays_of_all_replies_are_pooled() -> None:
    replies = [heard([10_000, 12_000], 1_000), heard([20_000, 22_000], 3_000)]
    figures = summarize(replies, TWO, cpu=0.008, server_cpu=0.004, rooms=2)
    assert (figures.p50_ms, figures.p95_ms, figures.max_ms) == (1.0, 3.0, 3.0)
    assert figures.first_text_ms == 2.0
    assert figures.turn_ms == pytest.approx(2.9)
    assert (figures.updates, figures.payload_bytes, figures.llm_late_ms) == (2, 22, 0.0)
    assert (figures.cpu_ms, figures.server_cpu_ms) == (2.0, 1.0)
    assert (figures.rooms, figures.replies, figures.late, figures.lost) == (2, 2, 0, 0)


def test_a_reply_with_a_late_token_is_late() -> None:
    delay_us = int(LATE_MS * 1000)
    on_time, late = heard([10_000, 12_000], delay_us), heard([10_000, 12_000], delay_us + 1)
    assert summarize([on_time, late], TWO, cpu=0, server_cpu=0, rooms=2).late == 1


def test_a_reply_that_ended_early_is_lost_and_late() -> None:
    figures = summarize([heard([10_000], 1_000)], TWO, cpu=0, server_cpu=0, rooms=1)
    assert (figures.late, figures.lost) == (1, 1)
    # The second token was due at 12 ms, and the client gave up at 3010 ms.
    assert figures.max_ms == 2998.0


def test_a_reply_of_which_nothing_came_is_lost_from_its_question_on() -> None:
    nothing = Heard(10_000, 60_000, Observation("", (), 0))
    figures = summarize([nothing], TWO, cpu=0, server_cpu=0, rooms=1)
    assert (figures.lost, figures.first_text_ms, figures.max_ms) == (1, 50.0, 50.0)


def test_several_runs_come_to_medians_and_sums_of_counts() -> None:
    runs = [FIGURES, replace(FIGURES, p95_ms=9, updates=1), replace(FIGURES, p95_ms=5, updates=2)]
    assert combine(runs) == replace(FIGURES, p95_ms=5, updates=2, replies=30, late=3)
