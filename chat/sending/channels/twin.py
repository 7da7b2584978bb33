"""The JSON packets besides a text stream, for clients that may not know text streams."""

from __future__ import annotations

from livekit import rtc

from chat.message import ChatMessage
from chat.sending.draft import Draft, Earlier

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
        # Until a message is complete, it has no twin.
        self._parts.presume(earlier if earlier and earlier.complete else None)

    def doubt(self) -> None:
        """Assume that packets may have been lost."""
        self._parts.doubt()

    async def write(self, draft: Draft, present: frozenset[str]) -> None:
        """Send a complete draft to those members who are `present`."""
        addressees = sorted(self.members & present)
        if not addressees or not (self._parts.exist or draft.text):
            return

        async def publish(part: ChatMessage, edit: bool) -> int:
            return await publish_json(
                self._participant, part, addressees, edit=edit, ignore_legacy=True
            )

        await self._parts.write(draft, publish)
