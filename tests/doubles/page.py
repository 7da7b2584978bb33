"""What a client in a room shows of the messages that one participant sends, also in the name of others:
the merge rules of LiveKit's clients."""

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
    """A later stream of a segment replaces its text: Android."""
    MOVED = auto()
    """It also moves the segment below what was shown meanwhile: React, from core 0.12.14."""
    SESSION = auto()
    """As `Session` of Swift and Flutter: a segment's first chunk drops what is open of its sender's
    others, and chunks of one that is final from the start replace each other."""
    EACH_STREAM = auto()
    """Each stream is a message, but for those of what the user says: Unity."""


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
        segments=Segments.MOVED,
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
    author: str = ""
    """Whose it is; empty means the one who sends everything."""


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
        # Of each sender's segment the stream that is open, and its text.
        self._partials: dict[tuple[str, str], tuple[str, str]] = {}

    @property
    def texts(self) -> list[str]:
        """What it shows."""
        return [bubble.text for bubble in self.bubbles]

    @property
    def shown(self) -> list[tuple[str, str]]:
        """What it shows, and whose it is."""
        return [(bubble.author, bubble.text) for bubble in self.bubbles]

    def lose_connection(self) -> None:
        """Forget the streams that are open."""
        self._open.clear()
        self._partials.clear()

    def lose_sender(self) -> None:
        """Learn that the sender has left: what is open is dropped, also what a successor opened."""
        self._open.clear()

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
        elif self._rules.segments is Segments.SESSION:
            self._read_segment(header, segment, chunk)
        elif self._rules.segments is Segments.EACH_STREAM and header.sender != self.identity:
            self._show("segment", chunk.stream_id, text, header.sender)
        else:
            moves = self._rules.segments is Segments.MOVED and len(chunks) == 1
            self._show("segment", segment, text, header.sender, moves=moves)

    def _read_segment(self, header: Header, segment: str, chunk: Chunk) -> None:
        key = (header.sender, segment)
        if key not in self._partials:
            for other in [other for other in self._partials if other[0] == header.sender]:
                del self._partials[other]
        stream_id, text = self._partials.get(key, ("", ""))
        text = text + chunk.text if stream_id == chunk.stream_id else chunk.text
        # It tells only what its user said from what others did.
        author = header.sender if header.sender == self.identity else ""
        self._show("segment", segment, text, author)
        if header.attributes.get("lk.transcription_final") == "true":
            self._partials.pop(key, None)
        else:
            self._partials[key] = (chunk.stream_id, text)

    def _end(self, trailer: Trailer) -> None:
        header, _ = self._open.pop(trailer.stream_id, (None, []))
        if header is not None and trailer.attributes.get("lk.transcription_final") == "true":
            segment = header.attributes.get("lk.segment_id", "")
            self._partials.pop((header.sender, segment), None)

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

    def _show(
        self, source: str, message_id: str, text: str, author: str = "", *, moves: bool = False
    ) -> None:
        key = (source, message_id)
        bubble = next((b for b in self.bubbles if b.key == key), None) or Bubble(key, "", author)
        bubble.text = text
        if moves and bubble in self.bubbles:
            self.bubbles.remove(bubble)
        if bubble not in self.bubbles:
            self.bubbles.append(bubble)
