"""What the dialects share that edit a message by sending its whole text again."""

from __future__ import annotations

from abc import abstractmethod
from time import monotonic

from livekit import rtc

from chat.message import ChatMessage
from chat.sending.draft import Draft, Earlier
from chat.sending.pacing import edit_interval

from .channel import Channel
from .parts import Parts


class EditingChannel(Channel):
    """Edits in place, at a pace that keeps a long reply from costing the square of its length."""

    paced = True

    def __init__(
        self,
        participant: rtc.LocalParticipant,
        message: ChatMessage,
        *,
        earlier: Earlier | None = None,
    ) -> None:
        """See `Channel`."""
        super().__init__(participant, message, earlier=earlier)
        self._parts = Parts(message, earlier)
        self._next_edit = 0.0

    @abstractmethod
    async def _publish(self, part: ChatMessage, addressees: list[str], *, edit: bool) -> int:
        """Send a part in one packet; `edit` says that it may be there already.

        Returns:
            The bytes sent.
        """

    def absorb(self, other: Channel) -> None:
        """See `Channel`."""
        if isinstance(other, EditingChannel):
            self._parts.widen(other._parts)
        super().absorb(other)

    def _due_in(self) -> float:
        return self._next_edit - monotonic()

    async def _write(self, draft: Draft) -> None:
        addressees = self._destinations

        async def publish(part: ChatMessage, edit: bool) -> int:
            return await self._publish(part, addressees, edit=edit)

        try:
            size = await self._parts.write(draft, publish)
        finally:
            self.exists = self._parts.exist
        self._next_edit = monotonic() + edit_interval(size)

    def _forget(self) -> None:
        super()._forget()
        self._parts.doubt()
