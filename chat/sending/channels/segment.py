"""SEGMENT: text streams on ``lk.transcription``, as ``Session`` of Swift and Flutter reads them."""

from __future__ import annotations

from livekit import rtc

from chat.dialect import Dialect
from chat.message import ChatMessage
from chat.sending.draft import Draft
from chat.wire import ATTRIBUTE_SEGMENT_FINAL, ATTRIBUTE_SEGMENT_ID, TOPIC_TRANSCRIPTION

from .open_stream import OpenStreamChannel
from .turn import Turn


class SegmentChannel(OpenStreamChannel):
    """Sends a message as a transcription segment whose id is the message's.

    When another segment begins, Swift and Flutter drop the text of those that are open. So a
    participant has one open at a time.
    """

    dialects = frozenset({Dialect.SEGMENT})
    reuses_id = False

    def __init__(
        self, participant: rtc.LocalParticipant, message: ChatMessage, *, turn: Turn
    ) -> None:
        """See `Channel`.

        Args:
            participant: See there.
            message: See there.
            turn: Gives the channels of this participant their turn to have a segment open.
        """
        super().__init__(participant, message)
        self._turn = turn

    @property
    def held_back(self) -> bool:
        """See `Channel`. The caller may be the one who has to complete the other message."""
        return super().held_back or not self._turn.has(self)

    def push(self, draft: Draft) -> None:
        """See `Channel`."""
        super().push(draft)
        if self.busy:
            self._turn.request(self)

    async def _wait_until_due(self) -> None:
        await super()._wait_until_due()
        await self._turn.wait(self)

    async def _open(self, draft: Draft) -> rtc.TextStreamWriter:
        # In a segment that is final from the start, each chunk would replace the one before.
        return await self._participant.stream_text(
            topic=TOPIC_TRANSCRIPTION,
            destination_identities=self._destinations,
            attributes={
                ATTRIBUTE_SEGMENT_ID: self._message.id,
                ATTRIBUTE_SEGMENT_FINAL: "false",
            },
        )

    def _trailer(self, *, continues: bool) -> dict[str, str]:
        return {ATTRIBUTE_SEGMENT_FINAL: "false" if continues else "true"}

    async def _deliver_newest(self) -> None:
        try:
            await super()._deliver_newest()
        finally:
            done = self._target is None or self._target.complete or not self.members
            if done or self._outstanding:
                self._turn.release(self)

    def _abandoned(self) -> None:
        super()._abandoned()
        if not self.busy:
            self._turn.release(self)

    def close(self) -> None:
        """See `Channel`."""
        super().close()
        self._turn.release(self)
