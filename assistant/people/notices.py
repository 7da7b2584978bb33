"""Short lines in which the agent says what it could not do."""

from __future__ import annotations

import asyncio
import logging
import math
from collections import Counter
from collections.abc import Iterable

import prompts
from chat import ChatManager, OwnedTasks

logger = logging.getLogger(__name__)

INTERVAL = 60.0
"""Seconds until the same person is told the same thing again: once is enough for a flood."""

FOR_EVERYBODY = frozenset(
    {
        "notice_away",
        "notice_mention_me",
        "notice_no_files",
        "notice_shut_down",
        "notice_too_many_waiting",
    }
)
"""Notices that say something about the agent. Everybody reads them, whoever caused them, so the room is
told once in `INTERVAL`. The others say what became of one person's message or request: who is not told
would wait for an answer."""

MOST_OF_A_KIND = 5
"""How often a room is told one of the others in `INTERVAL`: a crowd must not flood it."""

REMEMBERED = 1_000
"""Tellings that are remembered, oldest forgotten first."""


class Notices:
    """Tells the people in a room each thing as rarely as it can, and counts how often it had reason to."""

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

    def tell(
        self,
        prompt: str,
        identity: str | None,
        *,
        once: bool = False,
        readers: Iterable[str] = (),
        time: str = "",
    ) -> None:
        """Write a notice, unless it was written for the same person less than a minute ago.

        It is not written either if the room has read enough of its kind, see `FOR_EVERYBODY` and
        `MOST_OF_A_KIND`. The next occasion counts then.

        Args:
            prompt: The name of its text in ``prompts``.
            identity: Whom it is for; everybody in the room sees it.
            once: Whether it is never written for the same person again.
            readers: Who else needs not be told, as they read it now.
            time: What its text has in the place for it.
        """
        self.counts[prompt] += 1
        now = asyncio.get_running_loop().time()
        key = (prompt, identity)
        if (told := self._told.get(key)) is not None and (once or now - told < INTERVAL):
            return
        if self._times_told_since(now - INTERVAL, prompt) >= _most_at_a_time(prompt):
            return
        self.told_at = now
        self._remember([*((prompt, reader) for reader in readers), key], now)
        logger.info("notice sent", extra={"notice": prompt, "occasions": self.counts[prompt]})
        self._tasks.spawn(self._chat.send_message(prompts.fill(prompt, time=time)), "notice")

    def _remember(self, keys: Iterable[tuple[str, str | None]], now: float) -> None:
        for key in keys:
            self._told.pop(key, None)
            self._told[key] = now
        while len(self._told) > REMEMBERED:
            del self._told[next(iter(self._told))]

    def _times_told_since(self, start: float, prompt: str) -> int:
        return sum(told > start for (name, _), told in self._told.items() if name == prompt)

    async def written(self) -> None:
        """Wait for what is being written."""
        await self._tasks.wait()

    def cancel(self) -> None:
        """Give up what is being written."""
        self._tasks.cancel()


def _most_at_a_time(prompt: str) -> int:
    return 1 if prompt in FOR_EVERYBODY else MOST_OF_A_KIND
