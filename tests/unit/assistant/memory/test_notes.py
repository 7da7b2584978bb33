"""What is to be kept is held back, passed on in order, or dropped."""

from __future__ import annotations

import pytest

from assistant.memory.notes import MOST_HELD, Notes


def test_what_comes_is_held_back_until_it_is_known_where_it_belongs() -> None:
    notes, kept = Notes(), list[int]()
    notes.put(kept.append, 1)
    notes.put(kept.append, 2)
    assert kept == []
    notes.release()
    notes.put(kept.append, 3)
    assert kept == [1, 2, 3]
    notes.hold()
    notes.put(kept.append, 4)
    assert kept == [1, 2, 3]
    notes.release()
    assert kept == [1, 2, 3, 4]


def test_the_oldest_are_dropped_if_it_takes_too_long() -> None:
    notes, kept = Notes(), list[int]()
    for number in range(MOST_HELD + 2):
        notes.put(kept.append, number)
    notes.release()
    assert kept == list(range(2, MOST_HELD + 2))


def test_nothing_is_kept_after_the_end_not_even_what_was_held_back() -> None:
    notes, kept = Notes(), list[int]()
    notes.put(kept.append, 1)
    notes.close()
    notes.release()
    notes.put(kept.append, 2)
    assert kept == []
    assert not notes.is_open


def test_what_cannot_be_kept_holds_up_nothing(caplog: pytest.LogCaptureFixture) -> None:
    notes, kept = Notes(), list[int]()

    def fail(secret: str) -> None:
        raise ValueError(secret)

    notes.put(fail, "canary")
    notes.put(kept.append, 1)
    notes.release()
    assert kept == [1]
    assert "nothing kept of what happened" in caplog.text
    assert "canary" not in caplog.text
