"""Takes a message out of where a participant should not have been sent it."""

from __future__ import annotations

from chat.tasks import OwnedTasks

from .channels import Channel
from .draft import Draft

_EMPTY = Draft("", complete=True)


class Retractions:
    """Channels that empty one message for their members, until they have.

    It is sent to them in another dialect, and some pages read more than one: they would show it
    twice. No client removes a message, so that an empty one is left there.
    """

    def __init__(self) -> None:
        """Retract nothing yet."""
        self._running: set[Channel] = set()
        self._tasks = OwnedTasks()

    def begin(self, channel: Channel, *, after: Channel | None = None) -> None:
        """Empty the message for the members of a channel that is used for nothing else any more.

        Args:
            channel: The channel.
            after: Another in which they were members: what it is about to write may reach them still.
        """
        if after is not None and after.busy:
            self._tasks.spawn(self._begin_after(after, channel), "retraction")
        else:
            self._begin(channel)

    async def _begin_after(self, other: Channel, channel: Channel) -> None:
        await other.settled()
        self._begin(channel)

    def _begin(self, channel: Channel) -> None:
        self._running.add(channel)
        channel.on_idle = lambda: self._running.discard(channel)
        channel.on_given_up = lambda members: None
        channel.push(_EMPTY)

    def retry(self) -> None:
        """Try again what could not be delivered."""
        for channel in list(self._running):
            channel.push(_EMPTY)

    def close(self) -> None:
        """Give up what is being delivered."""
        self._tasks.cancel()
        for channel in list(self._running):
            channel.close()
