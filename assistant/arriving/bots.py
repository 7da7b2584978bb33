"""Detects who answers faster than a person can: two bots would answer each other for ever. No I/O."""

from __future__ import annotations

from dataclasses import dataclass

REACTION = 0.5
"""Seconds after the agent's words in which no person has read them, thought, typed and sent."""


@dataclass
class _Count:
    """How somebody has been answering the agent."""

    at_once: int = 0
    """How many of the agent's words in a row were answered at once."""

    spoken_at: float | None = None
    """When the last of these words were said: many messages after them still answer them once."""


class BotWatch:
    """Counts, for each participant, how often in a row the agent's words were answered at once.

    Agents are known by their kind. A bot that joined as an ordinary participant is known only by
    what it does: it answers within milliseconds, again and again. It stays one until it lets the
    agent's words stand for `REACTION`, as every person does.
    """

    def __init__(self, turns: int) -> None:
        """Nobody is a bot yet.

        Args:
            turns: How often in a row the agent may be answered at once; who does it more often is
                a bot. 0 for no limit.
        """
        self._turns = turns
        self._counts: dict[str, _Count] = {}

    def sees_bot(self, identity: str, now: float, spoken_at: float, *, is_answering: bool) -> bool:
        """Take note of a message.

        Args:
            identity: Who wrote it.
            now: When it came, in seconds of a clock that never goes back.
            spoken_at: When the agent last began or ended to say something, by the same clock.
            is_answering: Whether the agent is writing, or about to. A message in the middle of a
                long answer says nothing about its author.

        Returns:
            Whether its author counts as a bot.
        """
        if not self._turns:
            return False
        if now - spoken_at < REACTION:
            count = self._counts.setdefault(identity, _Count())
            if count.spoken_at != spoken_at:
                count.at_once, count.spoken_at = count.at_once + 1, spoken_at
        elif not is_answering:
            self._counts.pop(identity, None)
        return identity in self._counts and self._counts[identity].at_once > self._turns
