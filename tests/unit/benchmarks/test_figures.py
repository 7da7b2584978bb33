from dataclasses import replace

import pytest

from benchmarks.figures import (
    Figures,
    LostTokensError,
    Reply,
    llm_lateness,
    medians,
    percentile,
    summarize,
    token_delays,
)
from benchmarks.observation import Event, Observation, Update, observe
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
)


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
    assert token_delays([1_000, 2_000, 5_500], updates) == [2.0, 4.0, 0.5]


def test_a_shorter_update_takes_nothing_back() -> None:
    updates = [Update(3_000, 2), Update(4_000, 1), Update(5_000, 3)]
    assert token_delays([1_000, 2_000, 4_500], updates) == [2.0, 1.0, 0.5]


def test_a_token_in_no_update_is_lost() -> None:
    with pytest.raises(LostTokensError, match="1 of 2"):
        token_delays([1_000, 2_000], [Update(3_000, 1)])


def test_lateness_counts_from_the_first_token() -> None:
    assert llm_lateness([500, 2_500, 5_500], interval_us=2_000) == [0.0, 0.0, 1.0]


def reply_of(stamps: list[int], delay_us: int) -> Reply:
    """One update for each token, each `delay_us` after it was sent."""
    events = [Event(sent + delay_us, "s", stamp(sent)) for sent in stamps]
    return Reply(
        asked_us=stamps[0] - 900, requested_us=stamps[0] - 500, observation=observe(events)
    )


def test_a_run_pools_the_delays_of_its_replies() -> None:
    replies = [reply_of([10_000, 12_000], 1_000), reply_of([20_000, 22_000], 3_000)]
    figures = summarize(replies, tokens=2, interval_us=2_000)
    assert (figures.p50_ms, figures.p95_ms, figures.max_ms) == (1.0, 3.0, 3.0)
    assert figures.first_text_ms == 2.0
    assert figures.turn_ms == pytest.approx(2.4)
    assert (figures.updates, figures.payload_bytes, figures.llm_late_ms) == (2, 22, 0.0)


def test_a_reply_that_ended_early_is_no_measurement() -> None:
    with pytest.raises(LostTokensError, match="2 of 3"):
        summarize([reply_of([10_000, 12_000], 1_000)], tokens=3, interval_us=2_000)


def test_an_empty_reply_is_no_measurement() -> None:
    with pytest.raises(LostTokensError):
        summarize([Reply(0, 0, Observation("", (), 0))], tokens=1, interval_us=1)


def test_medians_are_taken_for_each_figure_by_itself() -> None:
    runs = [FIGURES, replace(FIGURES, p95_ms=9, updates=1), replace(FIGURES, p95_ms=5, updates=2)]
    assert medians(runs) == replace(FIGURES, p95_ms=5, updates=2)
