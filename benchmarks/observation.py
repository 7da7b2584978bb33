"""What a client saw of one reply: how much text it held, and when. No I/O.

The client only notes what arrives; the events are made sense of here, after the reply.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.tokens import count_tokens


@dataclass(frozen=True, slots=True)
class Event:
    """One arrival, as noted by the client."""

    at_us: int
    """When the client's code got it."""

    stream_id: str
    """The text stream it is a piece of; empty for a data packet."""

    payload: str | bytes
    """The piece of text, or the packet's bytes."""


@dataclass(frozen=True, slots=True)
class Update:
    """The reply grew to ``held`` tokens at ``at_us``."""

    at_us: int
    held: int


@dataclass(frozen=True, slots=True)
class Observation:
    """One reply as a client saw it."""

    text: str
    """The reply as it stood at the end."""

    updates: tuple[Update, ...]
    """Every arrival of text, whether it added a whole token or not."""

    payload_bytes: int
    """Bytes of stream text and of data packets, without transport headers."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One reply that was asked for, complete or not."""

    asked_us: int
    """When the client began to send its message."""

    given_up_us: int
    """Until when the client listened."""

    observation: Observation


def observe(events: Iterable[Event]) -> Observation:
    """Put a reply together from its events.

    A text stream brings tails, a data packet the whole message as JSON.
    """
    texts: dict[str, str] = {}
    updates: list[Update] = []
    payload_bytes = 0
    text = ""
    for event in events:
        if isinstance(event.payload, bytes):
            text = str(json.loads(event.payload)["message"])
            payload_bytes += len(event.payload)
        else:
            text = texts.get(event.stream_id, "") + event.payload
            texts[event.stream_id] = text
            payload_bytes += len(event.payload.encode())
        updates.append(Update(event.at_us, count_tokens(text)))
    return Observation(text, tuple(updates), payload_bytes)
