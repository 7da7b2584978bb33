"""How much one person may have."""

from __future__ import annotations

from assistant.arriving.limits import MINUTE, RateLimit
from assistant.turns.turn import UNKNOWN


def test_so_many_messages_are_allowed_in_any_minute() -> None:
    rate = RateLimit(3)
    assert [rate.allows("ada", now) for now in (0.0, 10.0, 20.0, 30.0)] == [True, True, True, False]
    assert not rate.allows("ada", MINUTE - 0.1)
    assert rate.allows("ada", MINUTE)
    assert not rate.allows("ada", MINUTE + 9.0)
    assert rate.allows("ada", MINUTE + 10.0)


def test_what_was_refused_does_not_count() -> None:
    rate = RateLimit(1)
    assert rate.allows("ada", 0.0)
    assert not any(rate.allows("ada", now) for now in range(1, 60))
    assert rate.allows("ada", MINUTE)


def test_to_ask_whether_a_message_would_be_allowed_does_not_count() -> None:
    rate = RateLimit(1)
    assert all(rate.has_room("ada", 0.0) for _ in range(3))
    assert rate.allows("ada", 0.0)
    assert not rate.has_room("ada", MINUTE - 0.1)
    assert rate.has_room("bob", 1.0)
    assert rate.has_room("ada", MINUTE)


def test_everybody_has_a_count_of_their_own() -> None:
    rate = RateLimit(1)
    assert rate.allows("ada", 0.0)
    assert rate.allows("bob", 0.0)
    assert rate.allows(UNKNOWN, 0.0)
    assert not rate.allows("bob", 1.0)


def test_those_who_went_quiet_are_forgotten() -> None:
    rate = RateLimit(1)
    for number in range(1_000):
        rate.allows(str(number), 0.0)
    rate.allows("ada", MINUTE)
    assert list(rate._arrivals) == ["ada"]
