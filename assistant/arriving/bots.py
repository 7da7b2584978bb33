"""Detects who answers faster than a person can: two bots would answer each other for ever. No I/O."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

REACTION = 0.5
"""Seconds after the agent's words in which no person has read them, thought, typed and sent."""

REMEMBERED = 1_000
"""Participants of whom it is remembered how they write back, whether they are still there or not."""


@dataclass
class _Count:
    """How somebody has been writing back."""

    at_once: int = 0
    """How many answers in a row they wrote back to at once."""

    answered_at: float = 0.0
    """When the last of these was complete: what follows the first message after it says nothing."""


class BotWatch:
    """Counts, for each participant, how many answers in a row they wrote back to at once.

    Agents are known by their kind. A bot that joined as an ordinary participant is known only by
    what it does: it writes back within milliseconds of each answer to it. It stays one until it lets
    the agent's words stand for `REACTION`, as every person does.
    """

    def __init__(self, turns: int) -> None:
        """Nobody is a bot yet.

        Args:
            turns: To how many answers in a row somebody may write back at once; who does it more
                often is a bot. 0 for no limit.
        """
        self._turns = turns
        self._counts: OrderedDict[str, _Count] = OrderedDict()

    def sees_bot(
        self, identity: str, now: float, answered_at: float | None, *, is_silent: bool
    ) -> bool:
        """Take note of a message.

        Args:
            identity: Who wrote it.
            now: When it came, in seconds of a clock that never goes back.
            answered_at: When the last answer to them ended by itself, by the same clock; None if
                there is none. One that they stopped or interrupted says nothing about them.
            is_silent: Whether the agent has said nothing for `REACTION`, and is not about to.

        Returns:
            Whether its author is taken for a bot.
        """
        if not self._turns:
            return False
        count = self._counts.get(identity)
        if answered_at is not None and (count is None or count.answered_at != answered_at):
            if now - answered_at < REACTION:
                count = _Count(1 if count is None else count.at_once + 1, answered_at)
                self._remember(identity, count)
            else:
                self._counts.pop(identity, None)
        elif is_silent:
            self._counts.pop(identity, None)
        return identity in self._counts and self._counts[identity].at_once > self._turns

    def _remember(self, identity: str, count: _Count) -> None:
        self._counts[identity] = count
        self._counts.move_to_end(identity)
        if len(self._counts) > REMEMBERED:
            self._counts.popitem(last=False)
