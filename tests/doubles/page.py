"""What a client in a room shows of one sender's messages: the merge rules of LiveKit's clients."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from .frames import Chunk, Frame, Header, Packet, Protobuf, Trailer

CHAT, CHAT_UPDATE = "lk-chat-topic", "lk-chat-update-topic"


class Segments(Enum):
    """What a client makes of the streams on ``lk.transcription``."""

    UNREAD = auto()
    REPLACED = auto()
    """A later stream of a segment replaces its text: React, Android."""
    SESSION = auto()
    """As `Session` of Swift and Flutter: a segment's first chunk drops what is open of others, and
    chunks of one that is final from the start replace each other."""
    EACH_STREAM = auto()
    """Each stream is a message: Unity."""


@dataclass(frozen=True)
class Rules:
    """How one kind of client reads."""

    chat_streams: bool = False
    """Whether it reads text streams on ``lk.chat``; the next with the same id replaces the text."""
    json_topics: tuple[str, ...] = ()
    skips: str = ""
    """The key of JSON packets that are skipped if it is true."""
    appends: bool = False
    """Whether every JSON packet is a new message."""
    separate_json: bool = False
    """Whether JSON never replaces what a stream brought."""
    removes: bool = False
    """Whether it removes what is deleted."""
    protobuf: bool = False
    segments: Segments = Segments.UNREAD


class Client(Enum):
    """The clients that are known, by how they read."""

    WEB = Rules(chat_streams=True, json_topics=(CHAT,), skips="ignoreLegacy")
    """components-js core from 0.12.2, ``useChat``."""
    WEB_SESSION = Rules(
        chat_streams=True,
        json_topics=(CHAT,),
        skips="ignoreLegacy",
        segments=Segments.REPLACED,
    )
    """components-react from 2.9.16, ``useSessionMessages``."""
    ANDROID = Rules(
        chat_streams=True,
        json_topics=(CHAT,),
        skips="ignoreLegacy",
        separate_json=True,
        segments=Segments.REPLACED,
    )
    """components-android from 2.0."""
    WEB_PROTOBUF = Rules(json_topics=(CHAT, CHAT_UPDATE), skips="ignore", protobuf=True)
    """components-js core 0.11.6 to 0.12.1."""
    WEB_JSON = Rules(json_topics=(CHAT, CHAT_UPDATE))
    """components-js core 0.9 to 0.11.5."""
    OLD_MANAGER = Rules(json_topics=(CHAT, CHAT_UPDATE), removes=True)
    """``livekit.rtc.ChatManager``, and a program that keeps messages by id."""
    APPENDER = Rules(json_topics=(CHAT,), appends=True)
    """components-js core up to 0.8, components-android 1.x, ``ChatContext`` of Flutter."""
    SESSION = Rules(segments=Segments.SESSION)
    """``Session`` of Swift and Flutter."""
    UNITY = Rules(segments=Segments.EACH_STREAM)
    RAW = Rules(chat_streams=True, protobuf=True)
    """An application on client-sdk-js, like its demo."""


@dataclass
class Bubble:
    """A message as it is shown."""

    key: tuple[str, str]
    """Where it came from, and its id there."""
    text: str


class Page:
    """One participant's chat."""

    def __init__(self, identity: str, client: Client = Client.WEB) -> None:
        self.identity = identity
        self.client = client
        self.bubbles: list[Bubble] = []
        self.dropped: list[Header] = []
        """Streams that were not read because one with the same id was open."""
        self._rules = client.value
        self._open: dict[str, tuple[Header, list[Chunk]]] = {}
        # Of each segment the stream that is open, and its text.
        self._partials: dict[str, tuple[str, str]] = {}

    @property
    def texts(self) -> list[str]:
        """What it shows."""
        return [bubble.text for bubble in self.bubbles]

    def lose_connection(self) -> None:
        """Forget the streams that are open."""
        self._open.clear()
        self._partials.clear()

    def take(self, frame: Frame) -> None:
        """Read what was sent."""
        match frame:
            case Header() if self._is_addressed(frame.addressees) and self._reads(frame.topic):
                if frame.stream_id in self._open:
                    self.dropped.append(frame)
                else:
                    self._open[frame.stream_id] = (frame, [])
            case Chunk():
                self._read_chunk(frame)
            case Trailer():
                self._end(frame)
            case Packet() if self._is_addressed(frame.addressees):
                self._read_packet(frame)
            case Protobuf() if self._is_addressed(frame.addressees) and self._rules.protobuf:
                self._show("chat", frame.id, frame.text)

    def _is_addressed(self, addressees: tuple[str, ...]) -> bool:
        return not addressees or self.identity in addressees

    def _reads(self, topic: str) -> bool:
        if topic == "lk.chat":
            return self._rules.chat_streams
        return topic == "lk.transcription" and self._rules.segments is not Segments.UNREAD

    def _read_chunk(self, chunk: Chunk) -> None:
        header, chunks = self._open.get(chunk.stream_id, (None, []))
        if header is None or chunk.index < len(chunks) or not chunk.text:
            return  # Not for us, or taken for one that was read already.
        chunks.append(chunk)
        text = "".join(c.text for c in chunks)
        segment = header.attributes.get("lk.segment_id", chunk.stream_id)
        if header.topic == "lk.chat":
            self._show("chat", chunk.stream_id, text)
        elif self._rules.segments is Segments.REPLACED:
            self._show("segment", segment, text)
        elif self._rules.segments is Segments.EACH_STREAM:
            self._show("segment", chunk.stream_id, text)
        else:
            self._read_segment(header, segment, chunk)

    def _read_segment(self, header: Header, segment: str, chunk: Chunk) -> None:
        if segment not in self._partials:
            self._partials.clear()
        stream_id, text = self._partials.get(segment, ("", ""))
        text = text + chunk.text if stream_id == chunk.stream_id else chunk.text
        self._show("segment", segment, text)
        if header.attributes.get("lk.transcription_final") == "true":
            self._partials.pop(segment, None)
        else:
            self._partials[segment] = (chunk.stream_id, text)

    def _end(self, trailer: Trailer) -> None:
        header, _ = self._open.pop(trailer.stream_id, (None, []))
        if header is not None and trailer.attributes.get("lk.transcription_final") == "true":
            self._partials.pop(header.attributes.get("lk.segment_id", ""), None)

    def _read_packet(self, packet: Packet) -> None:
        fields: dict[str, Any] = packet.json
        if packet.topic not in self._rules.json_topics or fields.get(self._rules.skips) is True:
            return
        if self._rules.removes and fields.get("deleted"):
            self.bubbles = [b for b in self.bubbles if b.key != ("chat", fields["id"])]
        elif self._rules.appends:
            self._show("json", str(len(self.bubbles)), fields["message"])
        else:
            source = "json" if self._rules.separate_json else "chat"
            self._show(source, fields["id"], fields["message"])

    def _show(self, source: str, message_id: str, text: str) -> None:
        for bubble in self.bubbles:
            if bubble.key == (source, message_id):
                bubble.text = text
                return
        self.bubbles.append(Bubble((source, message_id), text))
