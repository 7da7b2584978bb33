"""What a person says, as streams on ``lk.transcription`` that come from that person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from livekit import rtc

from chat.dialect import Dialect
from chat.message import ChatMessage
from chat.sending.draft import Draft, Earlier
from chat.wire import (
    ATTRIBUTE_SEGMENT_FINAL,
    ATTRIBUTE_SEGMENT_ID,
    TOPIC_TRANSCRIPTION,
)

from .admission import Admission
from .channel import Channel

CHUNK_BYTES = 15_000
"""Most bytes of UTF-8 that a stream carries in one chunk; the SDK cuts longer texts."""


class TranscriptChannel(Channel):
    """Sends each state of a transcript whole, on a stream of its own, in the name of the speaker.

    Where a client would not show who speaks, the text says it: "Ann: Hello".
    """

    dialects = frozenset({Dialect.STREAM, Dialect.UNKNOWN, Dialect.SEGMENT})

    def __init__(
        self,
        participant: rtc.LocalParticipant,
        message: ChatMessage,
        *,
        name: str,
        attributes: dict[str, str],
        is_here: Callable[[], bool],
        speaks_for_others: Callable[[], bool],
    ) -> None:
        """See `Channel`.

        Args:
            participant: Who sends, for the speaker.
            message: The segment's id is its id, the speaker its ``participant_identity``.
            name: What the speaker is called.
            attributes: More attributes of the streams.
            is_here: Whether the speaker is in the room. Clients know nobody else by name.
            speaks_for_others: Whether streams arrive as the speaker's, and not as ours.
        """
        super().__init__(participant, message)
        self._speaker = message.participant_identity or ""
        self._name = name
        self._attributes = attributes
        self._is_here = is_here
        self._speaks_for_others = speaks_for_others
        # Members whose clients name nobody: a bubble is their own, or the agent's.
        self._nameless: frozenset[str] = frozenset()

    @property
    def _admission_in_use(self) -> Admission:
        return Admission.NEVER  # Or all members would get again what they have.

    def admit(self, members: Iterable[str], dialect: Dialect, earlier: Earlier | None) -> None:
        """See `Channel`."""
        admitted = frozenset(members)
        if dialect is Dialect.SEGMENT:
            self._nameless |= admitted
        super().admit(admitted, dialect, earlier)

    async def _write(self, draft: Draft) -> None:
        for addressees, text in self._addressed(draft.text):
            if addressees:
                await self._write_stream(sorted(addressees), text, final=draft.complete)

    def _addressed(self, text: str) -> Iterator[tuple[frozenset[str], str]]:
        """Who is to be sent which text."""
        named = f"{self._name}: {text}"
        nameless = self._nameless & self.members
        if not self._speaks_for_others():
            # A second segment of ours would make sessions drop the reply that is open.
            yield self.members - nameless, named
        elif not self._is_here():
            yield self.members, named
        else:
            others = nameless - {self._speaker}
            yield self.members - others, text
            yield others, named

    async def _write_stream(self, addressees: list[str], text: str, *, final: bool) -> None:
        # Swift and Flutter replace each chunk of a final stream by the next one.
        one_chunk = len(text.encode()) <= CHUNK_BYTES
        writer = await self._participant.stream_text(
            topic=TOPIC_TRANSCRIPTION,
            destination_identities=addressees,
            attributes={
                ATTRIBUTE_SEGMENT_ID: self._message.id,
                ATTRIBUTE_SEGMENT_FINAL: _flag(final and one_chunk),
                **self._attributes,
            },
            sender_identity=self._speaker,
        )
        await writer.write(text)
        await writer.aclose(attributes={} if one_chunk else {ATTRIBUTE_SEGMENT_FINAL: _flag(final)})


class UnreadTranscriptChannel(Channel):
    """Sends nothing: its members' clients show transcripts nowhere."""

    dialects = frozenset({Dialect.JSON_EDIT, Dialect.JSON_FINAL, Dialect.PROTO})

    @property
    def _admission_in_use(self) -> Admission:
        return Admission.NOW

    def _concerns_members(self, draft: Draft) -> bool:
        return False

    async def _write(self, draft: Draft) -> None:
        """See `Channel`; never called, as nothing concerns the members."""


def _flag(value: bool) -> str:
    return "true" if value else "false"
