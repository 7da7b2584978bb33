"""Messages that wait for their JSON twin, which shows whether their sender's client sends twins."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from .dialect import Dialect


@dataclass
class WaitingMessage:
    """A message that shows its sender's dialect only by whether a twin follows."""

    identity: str
    """Its sender."""

    id: str

    without_twin: Dialect
    """The dialect if none follows."""

    began_at: float
    """When it began, by the event loop's clock."""

    ended: bool = False
    """Whether all of it has arrived."""

    timer: asyncio.TimerHandle | None = None


class WaitingMessages:
    """The messages of all participants that wait for a twin."""

    def __init__(self, on_missing: Callable[[WaitingMessage], None], most: int) -> None:
        """Nothing waits.

        Args:
            on_missing: Called with a message whose twin's time is over. It waits until it is dropped.
            most: How many wait at a time; the oldest of more are dropped.
        """
        self._on_missing = on_missing
        self._most = most
        self._messages: OrderedDict[tuple[str, str], WaitingMessage] = OrderedDict()

    def add(self, identity: str, message_id: str, without_twin: Dialect) -> None:
        """Wait for a twin. Its time does not run before `begin_time`."""
        self._drop((identity, message_id))
        began_at = asyncio.get_running_loop().time()
        message = WaitingMessage(identity, message_id, without_twin, began_at)
        self._messages[identity, message_id] = message
        if len(self._messages) > self._most:
            self._drop(next(iter(self._messages)))

    def find(self, identity: str, message_id: str) -> WaitingMessage | None:
        """A message that waits; None if it does not."""
        return self._messages.get((identity, message_id))

    def by(self, identity: str) -> list[WaitingMessage]:
        """The messages of somebody."""
        return [message for message in self._messages.values() if message.identity == identity]

    def sender_of(self, message_id: str) -> str | None:
        """Who sent a message; None if none with this id waits."""
        return next((who for who, what in self._messages if what == message_id), None)

    def begin_time(self, message: WaitingMessage, limit: float) -> None:
        """Let a twin's time run, in seconds, unless it does already."""
        if message.timer is None:
            loop = asyncio.get_running_loop()
            message.timer = loop.call_later(limit, self._on_missing, message)

    def drop_by(self, identity: str) -> None:
        """Wait for no twin of somebody's messages."""
        for message in self.by(identity):
            self._drop((identity, message.id))

    def clear(self) -> None:
        """Wait for nothing any more."""
        while self._messages:
            self._drop(next(iter(self._messages)))

    def _drop(self, key: tuple[str, str]) -> None:
        message = self._messages.pop(key, None)
        if message is not None and message.timer is not None:
            message.timer.cancel()
