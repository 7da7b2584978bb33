"""SEGMENT: text streams on ``lk.transcription``, as the sessions of Swift and Flutter read them."""

from __future__ import annotations

from livekit import rtc

from chat.dialect import Dialect
from chat.message import ChatMessage
from chat.sending.draft import Draft
from chat.wire import ATTRIBUTE_SEGMENT_FINAL, ATTRIBUTE_SEGMENT_ID, TOPIC_TRANSCRIPTION

from .open_stream import OpenStreamChannel
from .turn import Turn


class SegmentChannel(OpenStreamChannel):
    """Writes a message as a transcription segment whose id is the message's.

    The first chunk of another segment makes Swift and Flutter drop what they have of segments that
    are still open, so one waits for the other's end.
    """

    dialects = frozenset({Dialect.SEGMENT})
    reuses_id = False

    def __init__(
        self, participant: rtc.LocalParticipant, message: ChatMessage, *, turn: Turn
    ) -> None:
        """See `Channel`.

        Args:
            participant: As there.
            message: As there.
            turn: Had while a segment of this participant is open.
        """
        super().__init__(participant, message)
        self._turn = turn

    @property
    def held_back(self) -> bool:
        """See `Channel`. Who completes the other message may be who waits for this one."""
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
        # Declared final from the start, each chunk would replace the one before.
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
