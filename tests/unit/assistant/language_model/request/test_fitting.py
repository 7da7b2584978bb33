"""What is told of a conversation that is too large."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.language_model.request.fitting import (
    KEPT_SHARE,
    fitting,
    newest_turn_size,
    size_of,
)
from assistant.language_model.request.messages import joined, regular
from tests.unit.assistant.language_model.request.strict import MESSAGES, complaints, message

SYSTEM = message("system", "Be brief.")


def conversation(*lengths: int) -> list[dict[str, Any]]:
    """A conversation with texts of such lengths, by turns a person's and the answer."""
    roles = ("user", "assistant")
    return [SYSTEM, *(message(roles[i % 2], "x" * length) for i, length in enumerate(lengths))]


@pytest.mark.parametrize("text", ["Hi", '"\\\n', "Grüße 👋", "\ud83d", "\x01" * 9])
def test_a_size_counts_bytes_and_escapes(text: str) -> None:
    assert size_of([message("user", text)]) >= len(text.encode("utf-8", "replace")) + 20
    assert size_of([message("user", "\x01" * 9)]) >= 54


@given(MESSAGES, st.integers(0, 3_000))
def test_what_is_left_fits_unless_the_newest_turn_alone_does_not(
    messages: list[dict[str, Any]], most: int
) -> None:
    told = regular(messages)
    left = fitting(told, most)
    assert size_of(left) <= max(most, newest_turn_size(told))
    assert complaints(joined(left)) == []
    assert left[len(left) - 1 :] == told[len(told) - 1 :]
    assert (left == told) or size_of(told) > most * KEPT_SHARE


LENGTHS = st.lists(st.integers(1, 400), min_size=1, max_size=60)


@given(LENGTHS, st.integers(300, 3_000))
def test_a_full_conversation_keeps_its_beginning_for_many_turns(
    lengths: list[int], most: int
) -> None:
    told = conversation(*lengths)
    before: list[dict[str, Any]] = []
    for end in range(2, len(told) + 1, 2):
        left = fitting(told[:end], most)
        if before and left[: len(before)] != before:
            # It was cut: to the share, or to the newest turn.
            room = most - size_of([SYSTEM])
            assert size_of(left[1:]) <= room * KEPT_SHARE or len(left) == 2
        before = left


def test_a_full_conversation_is_cut_to_a_share() -> None:
    told = conversation(*[100] * 200)
    cuts, sizes, before = 0, [], [SYSTEM]
    for end in range(2, len(told), 2):
        left = fitting(told[:end], 5_000)
        cuts += left[: len(before)] != before
        sizes.append(size_of(left))
        before = left
    assert max(sizes) <= 5_000
    assert min(sizes[40:]) > 5_000 * KEPT_SHARE - 600
    assert cuts < 25


def test_the_newest_turn_always_stays() -> None:
    told = conversation(10, 10, 500)
    assert fitting(told, 100) == [SYSTEM, told[-1]]
    assert newest_turn_size(told) == size_of([SYSTEM, told[-1]])
    assert fitting([], 0) == []
