"""Which packets a participant understands, learned from those it sends. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from .wire import JsonPacket


class Dialect(Enum):
    """How a participant must be spoken to so that it sees each message once."""

    STREAM = "stream"
    """Text streams on ``lk.chat``: components-js from core 0.12.2, React Native, Android from 2.0."""

    JSON_EDIT = "json-edit"
    """JSON packets and JSON edits: components-js core 0.9 to 0.12.1, ``rtc.ChatManager``."""


DEFAULT = Dialect.STREAM
"""How a participant is spoken to until its messages show otherwise."""


@dataclass(frozen=True)
class Evidence:
    """What has been seen of one participant's messages."""

    stream: bool = False
    """It opened a text stream on ``lk.chat``."""

    twin: bool = False
    """It sent a JSON packet with the key ``ignoreLegacy``: its client also speaks text streams."""

    json: bool = False
    """It sent a JSON packet without that key."""

    def and_(self, other: Evidence) -> Evidence:
        """Both together."""
        return Evidence(
            stream=self.stream or other.stream,
            twin=self.twin or other.twin,
            json=self.json or other.json,
        )

    def with_stream(self) -> Evidence:
        """This evidence, and a text stream."""
        return self.and_(Evidence(stream=True))

    def with_packet(self, packet: JsonPacket) -> Evidence:
        """This evidence, and a JSON packet."""
        twin = packet.ignore_legacy is not None
        return self.and_(Evidence(twin=twin, json=not twin))


def dialect_of(evidence: Evidence) -> Dialect:
    """Decide how to speak to a participant.

    A client that has ever shown text streams is spoken to in them, also when it sent plain JSON
    first: those clients read both, and only streams grow without repeating the whole text.
    """
    if evidence.stream or evidence.twin:
        return Dialect.STREAM
    if evidence.json:
        return Dialect.JSON_EDIT
    return DEFAULT
