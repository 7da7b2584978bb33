"""Who is speaking, and since when."""

from __future__ import annotations

import pytest

from assistant.turns.floor import WORDLESS_LIMIT, Floor


def floor(left: list[str], **began_at: float) -> Floor:
    it = Floor(lambda: left.append("left"))
    for utterance_id, moment in began_at.items():
        it.take(utterance_id, moment)
    return it


@pytest.mark.parametrize(
    ("began_at", "taken"),
    [({}, False), ({"a": 1.0}, True), ({"a": 2.0}, False), ({"a": 3.0, "b": 1.0}, True)],
    ids=["nobody", "before", "at the same moment", "one of two"],
)
def test_the_floor_is_taken_by_who_began_before(began_at: dict[str, float], taken: bool) -> None:
    assert floor([], **began_at).is_taken(before=2.0) is taken


@pytest.mark.parametrize(("words", "taken"), [(True, True), (False, False)])
def test_what_goes_on_for_long_without_a_word_takes_no_floor(words: bool, taken: bool) -> None:
    it = floor([], a=1.0)
    if words:
        it.has_words("a")
    assert it.is_taken(before=0.9 + WORDLESS_LIMIT)
    assert it.is_taken(before=1.0 + WORDLESS_LIMIT) is taken


def test_who_left_the_floor_has_it_no_more() -> None:
    left: list[str] = []
    it = floor(left, a=1.0, b=1.5)
    it.leave("a")
    assert it.is_taken(before=2.0)
    it.leave("b")
    assert not it.is_taken(before=2.0)
    assert len(left) == 2


def test_who_never_had_the_floor_leaves_it_unnoticed() -> None:
    left: list[str] = []
    floor(left, a=1.0).leave("b")
    assert left == []
