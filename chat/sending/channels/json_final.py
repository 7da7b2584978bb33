"""JSON_FINAL: one JSON packet when the message is complete, and nothing more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from livekit import rtc

from chat.dialect import Dialect
from chat.message import ChatMessage
from chat.sending.draft import Draft, Earlier
from chat.sending.splitting import Splitter, part_id

from .admission import Admission
from .channel import Channel
from .failures import NOTHING_SENT
from .json_packets import publish_json


class JsonFinalChannel(Channel):
    """Delivers to clients that append every packet: no growth, no edits, no deletions.

    A long text comes as several messages.
    """

    dialects = frozenset({Dialect.JSON_FINAL})
    _parts_sent = 0
    _text = ""

    def __init__(self, participant: rtc.LocalParticipant, message: ChatMessage) -> None:
        """See `Channel`."""
        super().__init__(participant, message)
        self._splitter = Splitter()

    @property
    def reached(self) -> bool:
        """See `Channel`."""
        return self._parts_sent > 0

    @property
    def _restartable(self) -> bool:
        return not self.reached

    @property
    def _admission_in_use(self) -> Admission:
        return Admission.NEVER

    def admit(self, members: Iterable[str], dialect: Dialect, earlier: Earlier | None) -> None:
        """See `Channel`. Those who may have the complete message do not get it again."""
        if earlier is None or not earlier.complete:
            # Of an incomplete one they were sent nothing.
            super().admit(members, dialect, None)

    def _concerns_members(self, draft: Draft) -> bool:
        return draft.complete and not self.exists and bool(draft.text) and not draft.deleted

    async def _write(self, draft: Draft) -> None:
        addressees = self._destinations
        if not self.reached:
            self._text = draft.text
        while (text := self._splitter.part(self._text, index := self._parts_sent)) is not None:
            if not self.may_write():
                return  # It goes on at this part once it may.
            part = replace(self._message, id=part_id(self._message.id, index), message=text)
            # Counted before it is known to have arrived: sent again, it would be shown twice.
            self._parts_sent = index + 1
            try:
                await publish_json(self._participant, part, addressees)
            except NOTHING_SENT:
                self._parts_sent = index
                raise
        self.exists = True

    def _may_retry(self, error: BaseException) -> bool:
        return isinstance(error, NOTHING_SENT)
