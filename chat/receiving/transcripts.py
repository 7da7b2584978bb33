"""Receives what people say: the transcripts that an agent shows in their names."""

from __future__ import annotations

import logging
from collections import Counter, OrderedDict
from collections.abc import Callable

from livekit import rtc

from chat.message import ChatMessage, timestamp_from_ms
from chat.printable import is_blank
from chat.tasks import OwnedTasks
from chat.wire import (
    ATTRIBUTE_SEGMENT_FINAL,
    ATTRIBUTE_SEGMENT_ID,
    MAX_ID_LENGTH,
    TOPIC_TRANSCRIPTION,
)

MAX_TRANSCRIPT_BYTES = 64 * 1024
"""Longest text that is read, in bytes of UTF-8."""

MAX_OPEN_STREAMS = 8
"""Streams in one participant's name that are read at a time; those beyond are dropped."""

KEPT = 256
"""Transcripts of which it is known how far they are, the newest ones."""

logger = logging.getLogger(__name__)

Key = tuple[str, str]
"""The identity of who spoke, and the id of the transcript."""


class TranscriptReader:
    """Reads the transcripts of one room, each state once and in order.

    What agents say of themselves is no transcript here: an agent's message can travel that way, too.
    """

    def __init__(self, room: rtc.Room, on_transcript: Callable[[ChatMessage], None]) -> None:
        """Listen to a room. As with `ChatManager`, do this before ``room.connect()``.

        If another handler for ``lk.transcription`` is registered, nothing is read: some programs
        on livekit-agents have one.

        Args:
            room: The room.
            on_transcript: Called with each new state, as a message of the speaker. It is ``complete``
                in its last state. The `id` is the same in all of them.
        """
        self._room = room
        self._on_transcript = on_transcript
        self._open_streams: Counter[str] = Counter()
        self._readers: set[rtc.TextStreamReader] = set()
        # Of each transcript the number of the newest stream that was read; None if it is complete.
        self._newest: OrderedDict[Key, int | None] = OrderedDict()
        self._streams = 0
        self._tasks = OwnedTasks()
        self._listening = True
        try:
            room.register_text_stream_handler(TOPIC_TRANSCRIPTION, self._on_stream)
        except ValueError:
            self._listening = False
            logger.warning("transcripts not read, as another handler does")

    def close(self) -> None:
        """Stop listening, and close streams that are being read."""
        if not self._listening:
            return  # The handler may be somebody else's.
        self._listening = False
        self._room.unregister_text_stream_handler(TOPIC_TRANSCRIPTION)
        self._tasks.cancel()
        for reader in self._readers:
            reader.close()
        self._readers.clear()

    def _on_stream(self, reader: rtc.TextStreamReader, identity: str) -> None:
        if self._is_agent(identity) or self._open_streams[identity] >= MAX_OPEN_STREAMS:
            reader.close()
            return
        self._streams += 1
        self._open_streams[identity] += 1
        self._readers.add(reader)
        self._tasks.spawn(self._read(reader, identity, self._streams), "transcript reader")

    def _is_agent(self, identity: str) -> bool:
        participant = self._room.remote_participants.get(identity)
        agent = rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
        return participant is not None and participant.kind == agent

    async def _read(self, reader: rtc.TextStreamReader, identity: str, number: int) -> None:
        try:
            text = await _whole_text(reader)
        finally:
            # A reader that is not closed stays subscribed to the SDK's events for ever.
            reader.close()
            self._readers.discard(reader)
            self._open_streams -= Counter({identity: 1})
        if not is_blank(text):
            self._take(reader.info, identity, text, number)

    def _take(self, info: rtc.TextStreamInfo, identity: str, text: str, number: int) -> None:
        attributes = info.attributes or {}
        identifier = (attributes.get(ATTRIBUTE_SEGMENT_ID) or info.stream_id)[:MAX_ID_LENGTH]
        final = attributes.get(ATTRIBUTE_SEGMENT_FINAL) == "true"
        if self._is_new((identity, identifier), number, final=final):
            self._on_transcript(self._message(info, identity, identifier, text, final=final))

    def _is_new(self, key: Key, number: int, *, final: bool) -> bool:
        """Whether a state is newer than what was told; it is noted then."""
        newest = self._newest.get(key, 0)
        if newest is None or number < newest:
            return False
        self._newest[key] = None if final else number
        while len(self._newest) > KEPT:
            self._newest.popitem(last=False)
        return True

    def _message(
        self, info: rtc.TextStreamInfo, identity: str, identifier: str, text: str, *, final: bool
    ) -> ChatMessage:
        me = self._room.local_participant
        is_local = identity == me.identity
        return ChatMessage(
            message=text,
            id=identifier,
            timestamp=timestamp_from_ms(info.timestamp),
            participant=me if is_local else self._room.remote_participants.get(identity),
            participant_identity=identity,
            is_local=is_local,
            complete=final,
        )


async def _whole_text(reader: rtc.TextStreamReader) -> str:
    """A stream's text; empty if it broke off, or is too long."""
    text, size = "", 0
    try:
        async for chunk in reader:
            text, size = text + chunk, size + len(chunk.encode())
            if size > MAX_TRANSCRIPT_BYTES:
                logger.warning("transcript not read, as it is too long")
                return ""
    except rtc.StreamError:
        return ""
    return text
