"""How often a growing message is written."""

from __future__ import annotations

import pytest

from chat.sending.pacing import edit_interval, stream_interval


@pytest.mark.parametrize(
    ("growing", "budget", "seconds"),
    [(0, 300, 0), (1, 300, 0), (2, 300, 1 / 300), (100, 300, 0.33), (11, 10, 1)],
)
def test_growing_messages_share_the_budget(growing: int, budget: float, seconds: float) -> None:
    assert stream_interval(growing, budget) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("size", "seconds"), [(0, 0.25), (100, 0.25), (4_000, 0.25), (8_000, 0.5), (32_000, 2)]
)
def test_the_longer_a_message_the_rarer_its_edits(size: int, seconds: float) -> None:
    assert edit_interval(size) == pytest.approx(seconds)
