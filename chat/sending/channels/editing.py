"""What the dialects share that edit a message by sending its whole text again."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from time import monotonic

from livekit import rtc

from chat.dialect import Dialect
from chat.message import ChatMessage
from chat.sending.draft import Draft, Earlier
from chat.sending.pacing import edit_interval

from .admission import Admission
from .channel import Channel
from .parts import Parts


class EditingChannel(Channel):
    """Edits in place, at a pace that keeps a long reply from costing the square of its length."""

    def __init__(self, participant: rtc.LocalParticipant, message: ChatMessage) -> None:
        """See `Channel`."""
        super().__init__(participant, message)
        self._parts = Parts(message)
        self._next_edit = 0.0

    @abstractmethod
    async def _publish(self, part: ChatMessage, addressees: list[str], *, edit: bool) -> int:
        """Send a part in one packet; `edit` says that it may be there already.

        Returns:
            The bytes sent.
        """

    def admit(self, members: Iterable[str], dialect: Dialect, earlier: Earlier | None) -> None:
        """See `Channel`."""
        self._parts.presume(earlier)
        super().admit(members, dialect, earlier)

    @property
    def _admission_in_use(self) -> Admission:
        # What is in flight could overtake what a second channel sends to others who come now.
        return Admission.NOW if self.busy else Admission.NEVER

    @property
    def held_back(self) -> bool:
        """See `Channel`. Who reads whole texts catches up: text streams are not to wait for it."""
        return self._grows

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
