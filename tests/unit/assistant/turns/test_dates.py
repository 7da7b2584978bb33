"""When the LLM is told the time, and in which words."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from assistant.turns.dates import Dates

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 3, 2, 12, 5, tzinfo=BERLIN).timestamp()
MINUTE = 60.0
HOUR = 60 * MINUTE


@pytest.fixture
def in_new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine is there."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_weekday_date_time_zone_and_offset_are_told() -> None:
    line = Dates(BERLIN).line(NOON)
    assert line == "Date and time: Monday, 2026-03-02, 12:05, Europe/Berlin, UTC+01:00"


def test_summer_time_is_told_in_summer() -> None:
    assert Dates(BERLIN).line(NOON + 180 * 24 * HOUR).endswith("13:05, Europe/Berlin, UTC+02:00")


@pytest.mark.usefixtures("in_new_york")
def test_without_a_zone_it_is_the_machines() -> None:
    assert Dates().line(NOON) == "Date and time: Monday, 2026-03-02, 06:05, EST, UTC-05:00"


@pytest.mark.parametrize(
    ("minutes", "told"),
    [
        ([], set()),
        ([0], {0}),
        ([0, 59, 59.9], {0}),
        ([0, 59, 60, 61], {0, 2}),
        ([0, 30, 61, 100, 122], {0, 2, 4}),
        ([0, 600, 601], {0, 1}),
        ([690, 714, 715, 716], {0, 2}),
        ([100, 40, 41], {0, 1}),
    ],
    ids=[
        "nothing",
        "one",
        "lately",
        "an hour",
        "since it was told",
        "long",
        "midnight",
        "set back",
    ],
)
def test_the_time_is_told_first_and_when_an_hour_or_the_day_is_over(
    minutes: list[float], told: set[int]
) -> None:
    assert Dates(BERLIN).told_at(NOON + minute * MINUTE for minute in minutes) == told


def test_what_was_told_stays_told_whatever_comes_after_it() -> None:
    moments = [NOON + number * 25 * MINUTE for number in range(200)]
    whole = Dates(BERLIN).told_at(moments)
    for count in range(len(moments)):
        assert Dates(BERLIN).told_at(moments[:count]) == {n for n in whole if n < count}
