"""Times of the event loop's clock become times that other processes understand, and back."""

from __future__ import annotations

import asyncio

import pytest

from assistant.memory.times import age, of_loop, since_epoch
from tests.unit.assistant.scene import play


@pytest.mark.parametrize("ago", [0.0, 2.5, 100_000.0])
def test_a_time_comes_back_as_it_was(ago: float) -> None:
    async def scene() -> None:
        then = asyncio.get_running_loop().time() - ago
        assert of_loop(since_epoch(then)) == pytest.approx(then)
        assert age(since_epoch(then)) == pytest.approx(ago)

    play(scene())


def test_what_another_clock_calls_the_future_is_now() -> None:
    async def scene() -> None:
        now = asyncio.get_running_loop().time()
        later = since_epoch(now + 60.0)
        assert age(later) == 0.0
        assert of_loop(later) == now

    play(scene())
