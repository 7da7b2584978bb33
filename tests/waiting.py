"""Waiting, with a limit, for what happens in another task, thread or process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

POLL_INTERVAL = 0.01
"""Seconds between two looks at a condition that nothing announces."""


async def eventually(condition: Callable[[], T] | asyncio.Event, limit: float = 5.0) -> T | bool:
    """Wait until `condition` is true.

    Args:
        condition: An event, or a function that is called until it returns something true.
        limit: Seconds after which the wait fails.

    Returns:
        What the function returned at last; True for an event.

    Raises:
        TimeoutError: The condition did not come true in time.
    """
    look = condition.is_set if isinstance(condition, asyncio.Event) else condition
    async with asyncio.timeout(limit):
        # The condition may be another process's doing, which no event here can announce.
        while not (value := look()):  # noqa: ASYNC110
            await asyncio.sleep(POLL_INTERVAL)
    return value
