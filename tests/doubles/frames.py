"""What a `FakeRoom` sends, and what can become of it on the way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

SLOW = 1.0
"""Seconds that a slow write takes."""


@dataclass(frozen=True)
class Header:
    """A text stream was opened."""

    stream_id: str
    topic: str
    addressees: tuple[str, ...]
    """Empty means everybody."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    sender: str = ""
    """In whose name; empty means ourselves."""


@dataclass(frozen=True)
class Chunk:
    """Text was written to a stream. Like its trailer it goes to everybody, as with livekit
    before 1.2."""

    stream_id: str
    index: int
    text: str


@dataclass(frozen=True)
class Trailer:
    """A stream was closed."""

    stream_id: str
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Packet:
    """A data packet was published."""

    payload: bytes
    topic: str
    addressees: tuple[str, ...]
    """Empty means everybody."""

    @property
    def json(self) -> Any:
        """The payload, decoded."""
        return json.loads(self.payload)


@dataclass(frozen=True)
class Protobuf:
    """A protobuf chat packet was sent."""

    id: str
    text: str
    addressees: tuple[str, ...]
    """Empty means everybody."""
    deleted: bool = False


Frame = Header | Chunk | Trailer | Packet | Protobuf


class Fate(Enum):
    """What becomes of one frame."""

    DELIVERED = auto()
    SLOW = auto()
    """Delivered, after `SLOW` seconds."""
    FAILED = auto()
    """Not delivered, and the SDK says so."""
    REFUSED = auto()
    """Not delivered: the native side refuses the call, as it does once the room is gone."""
    UNCONFIRMED = auto()
    """Delivered, but the SDK reports a failure; never a ``PublishDataError``, which says that nothing
    was sent."""
    STUCK = auto()
    """Not delivered, and the SDK never returns."""
    STUCK_DELIVERED = auto()
    """Delivered, but the SDK never returns."""
