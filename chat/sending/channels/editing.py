"""What dialects share in which the whole text is sent again to edit a message."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable

from livekit import rtc

from chat.dialect import Dialect
from chat.message import ChatMessage
from chat.sending.draft import Draft, Earlier
from chat.sending.pacing import edit_interval, stream_interval

from .admission import Admission
from .channel import Channel
from .parts import Parts


class EditingChannel(Channel):
    """Edits in place, at intervals: a long reply would cost the square of its length otherwise."""

    def __init__(self, participant: rtc.LocalParticipant, message: ChatMessage) -> None:
        """See `Channel`."""
        super().__init__(participant, message)
        self._parts = Parts(message)
        self._next_edit = 0.0

    @abstractmethod
    async def _publish(self, part: ChatMessage, addressees: list[str], *, edit: bool) -> int:
        """Send a part in one packet; `edit` says that the members may have it already.

        Returns:
            The bytes sent.
        """

    def admit(self, members: Iterable[str], dialect: Dialect, earlier: Earlier | None) -> None:
        """See `Channel`."""
        self._parts.presume(earlier)
        super().admit(members, dialect, earlier)

    @property
    def _admission_in_use(self) -> Admission:
        # A second channel's packets could be overtaken by the write that is in flight.
        return Admission.NOW if self.busy else Admission.NEVER

    @property
    def held_back(self) -> bool:
        """See `Channel`. Text streams must not wait for edits: the next edit has all of the text."""
        return self._grows

    def _due_in(self) -> float:
        return self._next_edit - self._now

    async def _write(self, draft: Draft) -> None:
        addressees = self._destinations
        if draft.complete:
            self.growing.discard(self)
        else:
            self.growing.add(self)

        async def publish(part: ChatMessage, edit: bool) -> int:
            return await self._publish(part, addressees, edit=edit)

        try:
            size = await self._parts.write(draft, publish)
        finally:
            self.exists = self._parts.exist
        interval = max(edit_interval(size), stream_interval(len(self.growing)))
        self._next_edit = self._now + interval

    def _forget(self) -> None:
        super()._forget()
        self._parts.doubt()
