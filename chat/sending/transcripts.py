"""People's spoken words: shown by every client that can, as messages of those who said them."""

from __future__ import annotations

import asyncio
import contextlib

from livekit import rtc

from chat.dialect import Dialect
from chat.message import ChatMessage
from chat.printable import is_blank, printable_line
from chat.roster import Roster
from chat.wire import ATTRIBUTE_TRACK_ID, well_formed

from .channels import Channel, TranscriptChannel, UnreadTranscriptChannel
from .draft import Draft
from .outbox import Outbox

SHOWN_LIMIT = 2.0
"""Most seconds that `Transcripts.show` waits for a delivery. It goes on after that."""

_AGENT = rtc.ParticipantKind.PARTICIPANT_KIND_AGENT


class Transcripts:
    """Shows what the people of one room say."""

    def __init__(self, room: rtc.Room, roster: Roster, outbox: Outbox) -> None:
        """Show nothing yet.

        Args:
            room: The room, which may be connected later.
            roster: Who is in it.
            outbox: Delivers the transcripts, beside the messages.
        """
        self._room = room
        self._roster = roster
        self._outbox = outbox

    async def show(
        self, identity: str, transcript_id: str, text: str, *, final: bool, track_sid: str
    ) -> None:
        """See `ChatManager.show_transcript`."""
        message = ChatMessage(
            id=transcript_id,
            participant=self._roster.participant(identity),
            participant_identity=identity,
        )

        def open_channel(message: ChatMessage, dialect: Dialect, *, apart: bool = False) -> Channel:
            return self._open_channel(message, dialect, track_sid)

        draft = Draft("" if is_blank(text) else well_formed(text), complete=final)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SHOWN_LIMIT):
                await self._outbox.show(message, draft, open_channel)

    def _open_channel(self, message: ChatMessage, dialect: Dialect, track_sid: str) -> Channel:
        participant, speaker = self._room.local_participant, message.participant_identity or ""
        if dialect in UnreadTranscriptChannel.dialects:
            return UnreadTranscriptChannel(participant, message)
        name = message.participant.name if message.participant is not None else ""
        return TranscriptChannel(
            participant,
            message,
            name=printable_line(name) or printable_line(speaker),
            attributes={ATTRIBUTE_TRACK_ID: track_sid} if track_sid else {},
            is_here=lambda: self._roster.announced(speaker),
            speaks_for_others=self._speaks_for_others,
        )

    def _speaks_for_others(self) -> bool:
        """Whether the server leaves another sender on our streams: it must see that an agent sends text."""
        is_agent = self._room.local_participant.kind == _AGENT
        return is_agent and not self._room.e2ee_manager.enabled
