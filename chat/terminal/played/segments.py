"""What ``Session`` of Swift and of Flutter shows: transcription segments. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chat.wire import ATTRIBUTE_SEGMENT_FINAL, ATTRIBUTE_SEGMENT_ID, TOPIC_TRANSCRIPTION

from .bubble import Bubble, Screen, Stream


@dataclass(frozen=True, slots=True)
class _Partial:
    """A segment that more text can be appended to."""

    stream_id: str
    text: str


class SegmentScreen(Screen):
    """Text streams, merged by segment and sender.

    A chunk is appended to what its own stream wrote before. If that is not kept, or another stream
    wrote it, the chunk replaces the segment's text. It is kept until another segment of the same
    sender begins, and not at all while the stream calls itself final.
    """

    stream_topic = TOPIC_TRANSCRIPTION

    def __init__(self) -> None:
        self._partials: dict[tuple[str, str], _Partial] = {}
        self._shown: dict[tuple[str, str], str] = {}

    def grow(self, stream: Stream, chunk: str) -> Bubble:
        """See `Screen`."""
        key = _segment(stream)
        partial = self._partials.get(key)
        if partial is None:
            self._forget_segments(stream.sender)
        appends = partial is not None and partial.stream_id == stream.stream_id
        text = partial.text + chunk if partial is not None and appends else chunk
        self._partials[key] = _Partial(stream.stream_id, text)
        if stream.attributes.get(ATTRIBUTE_SEGMENT_FINAL) == "true":
            del self._partials[key]
        self._shown[key] = text
        return Bubble(*key, text, complete=False)

    def end(self, stream: Stream, attributes: Mapping[str, str]) -> Bubble | None:
        """See `Screen`; a stream that ends without being final has another one follow it."""
        key = _segment(stream)
        final = attributes.get(ATTRIBUTE_SEGMENT_FINAL) != "false"
        if not final or key not in self._shown:
            return None
        self._partials.pop(key, None)
        return Bubble(*key, self._shown[key])

    def _forget_segments(self, sender: str) -> None:
        for key in [key for key in self._partials if key[0] == sender]:
            del self._partials[key]


def _segment(stream: Stream) -> tuple[str, str]:
    return stream.sender, stream.attributes.get(ATTRIBUTE_SEGMENT_ID) or stream.stream_id
