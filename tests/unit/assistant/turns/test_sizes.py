"""What texts take in a request, and what is left of those that take too much."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import prompts
from assistant.turns.sizes import fair_share, json_bytes, shorten

MARK = f"\n({prompts.load('note_shortened')})\n"


@pytest.mark.parametrize(
    ("text", "size"),
    [("", 2), ("a", 3), ("ü", 4), ("語", 5), ("😀", 6), ('"', 4), ("\\", 4), ("\n", 4), ("\0", 8)],
    ids=ascii,
)
def test_quotes_and_escapes_count(text: str, size: int) -> None:
    assert json_bytes(text) == size


def test_half_a_character_can_be_measured() -> None:
    assert json_bytes("\ud83d") == 5


@given(st.lists(st.integers(0, 1_000), max_size=20), st.integers(0, 5_000))
def test_cut_to_their_share_all_fit_and_none_is_cut_more_than_it_must_be(
    sizes: list[int], most: int
) -> None:
    share = fair_share(sizes, most)
    assert sum(min(size, share) for size in sizes) <= most
    if sum(sizes) > most:
        assert sum(min(size, share + 1) for size in sizes) > most
    else:
        assert all(size <= share for size in sizes)


@given(st.text(max_size=400), st.integers(100, 300))
def test_what_is_too_long_keeps_its_beginning_and_its_end_and_says_so(text: str, most: int) -> None:
    shortened = shorten(text, most)
    beginning, mark, end = shortened.partition(MARK)
    assert mark
    assert json_bytes(shortened) <= most
    assert text.startswith(beginning)
    assert text.endswith(end)
    assert len(beginning) == len(end)


def test_as_much_is_kept_as_fits() -> None:
    assert json_bytes(shorten("x" * 10_000, 1_000)) in (999, 1_000)


@pytest.mark.parametrize("most", [-5, 0, 10])
def test_the_mark_stays_where_nothing_else_fits(most: int) -> None:
    assert shorten("x" * 100, most) == MARK


def test_no_more_than_its_logarithm_of_looks_are_taken_at_a_text() -> None:
    looks = 0

    def measure(text: str) -> int:
        nonlocal looks
        looks += 1
        return len(json.dumps(text))

    shorten("x" * 1_000_000, 500_000, measure)
    assert looks < 25
