"""What a client shows of what a `FakeRoom` sends: the merge rules of LiveKit's web components."""

from __future__ import annotations

from enum import Enum, auto

from .frames import Chunk, Frame, Header, Packet, Trailer


class Speaks(Enum):
    """Which packets a page reads."""

    STREAM = auto()
    """Text streams, and JSON on ``lk-chat-topic`` that is not a stream's twin: core from 0.12.2."""
    JSON = auto()
    """JSON on both topics: core 0.9 to 0.12.1."""


class Page:
    """One participant's chat, all of one sender's messages."""

    def __init__(self, identity: str, speaks: Speaks = Speaks.STREAM) -> None:
        self.identity = identity
        self.speaks = speaks
        self.bubbles: list[list[str]] = []
        """Id and text of each bubble."""
        self.dropped: list[Header] = []
        """Streams that were not read because one with the same id was open."""
        self._open: dict[str, list[Chunk]] = {}

    @property
    def texts(self) -> list[str]:
        """What it shows."""
        return [text for _, text in self.bubbles]

    def lose_connection(self) -> None:
        """Forget the streams that are open."""
        self._open.clear()

    def take(self, frame: Frame) -> None:
        """Read what was sent."""
        match frame:
            case Packet() if self._is_addressed(frame):
                self._read_packet(frame)
            case Header() if self._is_addressed(frame) and self.speaks is Speaks.STREAM:
                if frame.stream_id in self._open:
                    self.dropped.append(frame)
                else:
                    self._open[frame.stream_id] = []
            case Chunk():
                self._read_chunk(frame)
            case Trailer():
                self._open.pop(frame.stream_id, None)

    def _is_addressed(self, frame: Packet | Header) -> bool:
        return not frame.addressees or self.identity in frame.addressees

    def _read_chunk(self, chunk: Chunk) -> None:
        chunks = self._open.get(chunk.stream_id)
        if chunks is None or chunk.index < len(chunks):
            return  # Not for us, or taken for one that was read already.
        chunks.append(chunk)
        self._show(chunk.stream_id, "".join(c.text for c in chunks))

    def _read_packet(self, packet: Packet) -> None:
        edits = packet.topic == "lk-chat-update-topic"
        if self.speaks is Speaks.STREAM and (edits or packet.json.get("ignoreLegacy")):
            return
        self._show(packet.json["id"], packet.json["message"])

    def _show(self, message_id: str, text: str) -> None:
        for bubble in self.bubbles:
            if bubble[0] == message_id:
                bubble[1] = text
                return
        self.bubbles.append([message_id, text])
