"""STREAM and UNKNOWN: a text stream on ``lk.chat`` with the message's id, with or without a twin."""

from __future__ import annotations

from collections.abc import Iterable

from livekit import rtc

from chat.dialect import Dialect
from chat.message import ChatMessage
from chat.sending.draft import Draft, Earlier
from chat.wire import ATTRIBUTE_CONTINUES, ATTRIBUTE_DELETED, ATTRIBUTE_REVISION, TOPIC_STREAM

from .open_stream import OpenStreamChannel
from .twin import JsonTwin


class StreamChannel(OpenStreamChannel):
    """Delivers to clients that know text streams, and to those whose dialect is not known yet.

    The latter also get complete messages as JSON, marked ``ignoreLegacy``, and edits on the update
    topic. Whichever of the two a client understands, it shows the message once.
    """

    dialects = frozenset({Dialect.STREAM, Dialect.UNKNOWN})

    def __init__(
        self,
        participant: rtc.LocalParticipant,
        message: ChatMessage,
        *,
        twins_for_all: bool = False,
    ) -> None:
        """See `Channel`.

        Args:
            participant: See there.
            message: See there.
            twins_for_all: Whether every member gets the JSON twin, as web clients send it.
        """
        super().__init__(participant, message)
        self._twins_for_all = twins_for_all
        # One for all members who show the same so far.
        self._twins: list[JsonTwin] = []

    def admit(self, members: Iterable[str], dialect: Dialect, earlier: Earlier | None) -> None:
        """See `Channel`. UNKNOWN members get the JSON twin, too."""
        admitted = frozenset(members)
        for twin in self._twins:
            twin.members -= admitted
        if self._twins_for_all or dialect is Dialect.UNKNOWN:
            self._twins.append(JsonTwin(self._participant, self._message, admitted, earlier))
        super().admit(admitted, dialect, earlier)

    async def _open(self, draft: Draft) -> rtc.TextStreamWriter:
        attributes = {}
        if self.exists:
            attributes[ATTRIBUTE_REVISION] = "true"
        if draft.deleted:
            attributes[ATTRIBUTE_DELETED] = "true"
        return await self._participant.stream_text(
            topic=TOPIC_STREAM,
            stream_id=self._message.id,
            destination_identities=self._destinations,
            attributes=attributes,
        )

    def _trailer(self, *, continues: bool) -> dict[str, str]:
        return {ATTRIBUTE_CONTINUES: "true"} if continues else {}

    async def _write(self, draft: Draft) -> None:
        await super()._write(draft)
        if draft.complete:
            for twin in self._twins:
                await twin.write(draft, self.members)

    def _forget(self) -> None:
        super()._forget()
        for twin in self._twins:
            twin.doubt()
