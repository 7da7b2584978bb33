"""Short lines in which the agent says what it could not do."""

from __future__ import annotations

import asyncio
import logging
import math
from collections import Counter

import prompts
from chat import ChatManager, OwnedTasks

logger = logging.getLogger(__name__)

INTERVAL = 60.0
"""Seconds until the same person is told the same thing again: once is enough for a flood."""

REMEMBERED = 1_000
"""Tellings that are remembered, oldest forgotten first."""


class Notices:
    """Tells the people in a room each thing once, and counts how often there was a reason to."""

    def __init__(self, chat: ChatManager) -> None:
        """Nothing was told yet.

        Args:
            chat: Where to write.
        """
        self.counts: Counter[str] = Counter()
        """How often there was reason for each notice."""
        self.told_at = -math.inf
        """When a notice was last written, by the event loop's clock."""
        self._chat = chat
        self._told: dict[tuple[str, str | None], float] = {}
        self._tasks = OwnedTasks()

    def tell(self, prompt: str, identity: str | None, *, once: bool = False) -> None:
        """Write a notice, unless it was written for the same person less than a minute ago.

        Args:
            prompt: The name of its text in ``prompts``.
            identity: Whom it is for; everybody in the room sees it.
            once: Whether it is never written for the same person again.
        """
        self.counts[prompt] += 1
        now = asyncio.get_running_loop().time()
        key = (prompt, identity)
        if (told := self._told.get(key)) is not None and (once or now - told < INTERVAL):
            return
        self._told.pop(key, None)
        self._told[key] = self.told_at = now
        if len(self._told) > REMEMBERED:
            del self._told[next(iter(self._told))]
        logger.info("notice sent", extra={"notice": prompt, "occasions": self.counts[prompt]})
        self._tasks.spawn(self._chat.send_message(prompts.load(prompt)), "notice")

    async def written(self) -> None:
        """Wait for what is being written."""
        await self._tasks.wait()

    def cancel(self) -> None:
        """Give up what is being written."""
        self._tasks.cancel()
