"""What a client's screen consists of, and what it is made from. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from chat import ChatMessage
from chat.wire import JsonPacket


@dataclass(frozen=True, slots=True)
class Bubble:
    """A message as a client shows it. A later one with the same `key` takes its place."""

    sender: str | None
    """Identity; None if the client did not know the sender yet."""
    id: str
    text: str
    complete: bool | None = True
    """Whether the client knows that the sender finished it; None if nothing can tell."""

    @property
    def key(self) -> tuple[str | None, str]:
        """What makes it this bubble and no other."""
        return (self.sender, self.id)


@dataclass(frozen=True, slots=True)
class Stream:
    """A text stream from somebody else."""

    sender: str
    stream_id: str
    attributes: Mapping[str, str]
    """Those of the header."""

    @property
    def key(self) -> tuple[str, str]:
        """No two streams that are open have the same."""
        return (self.sender, self.stream_id)


class Screen:
    """What a client reads, and what it shows of that: each method returns the bubble that changed.

    This one is of a client that reads nothing; it is told nothing but what it says that it reads.
    """

    stream_topic: ClassVar[str | None] = None
    """The topic of the text streams that it reads."""

    packet_topics: ClassVar[frozenset[str]] = frozenset()
    """The topics of the JSON packets that it reads."""

    protobuf: ClassVar[bool] = False
    """Whether it reads protobuf packets."""

    def grow(self, stream: Stream, chunk: str) -> Bubble | None:
        """Take the next piece of a text stream; it is not empty."""

    def end(self, stream: Stream, attributes: Mapping[str, str]) -> Bubble | None:
        """Take a text stream's end, and its attributes as they are then."""

    def take_packet(self, sender: str | None, packet: JsonPacket) -> Bubble | None:
        """Take a JSON packet; None is a sender that is not announced yet."""

    def take_protobuf(self, sender: str, message: ChatMessage) -> Bubble | None:
        """Take a protobuf packet."""
