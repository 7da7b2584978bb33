"""The JSON packets besides a text stream, for clients that may not know text streams."""

from __future__ import annotations

from livekit import rtc

from chat.message import ChatMessage
from chat.sending.draft import Draft, Earlier

from .failures import NOTHING_SENT
from .json_packets import publish_json
from .parts import Parts


class JsonTwin:
    """Sends a complete message once more, as JSON marked ``ignoreLegacy``.

    Clients that append show only its first text: later ones are sent as edits, which they ignore.
    """

    def __init__(
        self,
        participant: rtc.LocalParticipant,
        message: ChatMessage,
        members: frozenset[str],
        earlier: Earlier | None,
    ) -> None:
        """See `Channel`."""
        self.members = members
        """Identities that get it while the stream is addressed to them."""
        self._participant = participant
        self._parts = Parts(message)
        # Of ours, no packet was sent before it was complete; of an earlier process's, some may have been.
        known = earlier is not None and (earlier.complete or earlier.open)
        self._parts.presume(earlier if known else None)
        # Clients that append read no edits. So parts are no edits until they can have been read.
        self._only_edits = earlier is not None and earlier.complete
        self._told: set[str] = set()

    def doubt(self) -> None:
        """Assume that packets may have been lost."""
        self._parts.doubt()

    async def write(self, draft: Draft, present: frozenset[str]) -> None:
        """Send a complete draft to those members who are `present`."""
        addressees = sorted(self.members & present)
        if not addressees or not (self._parts.exist or draft.text):
            return

        async def publish(part: ChatMessage, edit: bool) -> int:
            return await self._publish(part, addressees, edit=edit)

        await self._parts.write(draft, publish)
        self._only_edits = True

    async def _publish(self, part: ChatMessage, addressees: list[str], *, edit: bool) -> int:
        is_new = bool(part.message) and not self._only_edits and part.id not in self._told
        if is_new:
            self._told.add(part.id)
        try:
            return await publish_json(
                self._participant,
                part,
                addressees,
                edit=not is_new and (edit or self._only_edits),
                ignore_legacy=True,
            )
        except NOTHING_SENT:
            self._told -= {part.id} if is_new else set()
            raise
