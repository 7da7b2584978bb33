"""A line that comes again and again is printed once, and then how often it came."""

from __future__ import annotations

from worker.privacy.repeats import MOST, QUIET, Repeats


def test_repetitions_are_told_once_it_is_time() -> None:
    now = 0.0
    repeats = Repeats(lambda: now)
    assert not repeats
    assert [repeats.is_first(line) for line in "abaa"] == [True, True, False, False]
    assert list(repeats.told()) == []
    now = QUIET
    assert list(repeats.told()) == ["a (2 more)"]
    assert not repeats
    assert repeats.is_first("a")


def test_at_the_end_nothing_is_kept_back() -> None:
    repeats = Repeats(lambda: 0.0)
    assert [repeats.is_first("a"), repeats.is_first("a")] == [True, False]
    assert list(repeats.told(all_now=True)) == ["a (1 more)"]


def test_ever_new_lines_take_no_more_memory() -> None:
    repeats = Repeats(lambda: 0.0)
    assert all(repeats.is_first(str(number)) for number in range(MOST))
    assert [repeats.is_first("new"), repeats.is_first("new")] == [True, True]
    assert not repeats.is_first("0")
    assert list(repeats.told(all_now=True)) == ["0 (1 more)"]
    assert repeats.is_first("new")
    assert not repeats.is_first("new")
