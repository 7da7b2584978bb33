"""Doubles of the agent that is to be followed by another one, and of who listens meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from chat import ChatMessage


class OutgoingDouble:
    """An `Outgoing`. It notes what it is asked to do, and when."""

    def __init__(self) -> None:
        self.reply_ends = 0.0
        """When the reply ends that it is writing, by the loop's clock."""
        self.left = "left"
        """What it says that is still to be answered."""
        self.steps: list[tuple[float, str]] = []
        """What it was asked to do, with the time by the loop's clock."""
        self.took_over: list[str] = []
        """What it was told by the agent before."""

    @property
    def did(self) -> list[str]:
        """What it was asked to do, without the times."""
        return [step for _, step in self.steps]

    async def rest(self, limit: float) -> bool:
        self._note("rest")
        left = self.reply_ends - asyncio.get_running_loop().time()
        await asyncio.sleep(max(0.0, min(limit, left)))
        return left <= limit

    async def make_way(self) -> None:
        self._note("make way")

    def go_on(self) -> None:
        self._note("go on")

    def leave(self) -> str:
        return self.left

    def missed(self, heard: Iterable[ChatMessage]) -> str | None:
        texts = ", ".join(each.message or "" for each in heard)
        return f"missed: {texts}" if texts else None

    def take_over(self, left: str) -> None:
        self.took_over.append(left)

    def _note(self, step: str) -> None:
        self.steps.append((asyncio.get_running_loop().time(), step))


class ListenerDouble:
    """A `Listener` that takes its time to join."""

    def __init__(self, joins_after: float) -> None:
        self.heard: list[ChatMessage] = []
        self.closed = False
        self._joined = asyncio.get_running_loop().create_task(asyncio.sleep(joins_after))

    async def ready(self, limit: float) -> None:
        await asyncio.wait({self._joined}, timeout=limit)

    def close(self) -> None:
        self.closed = True
        self._joined.cancel()
