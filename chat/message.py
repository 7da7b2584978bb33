"""A chat message as the application sees it. No I/O."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from livekit import rtc

_ID_ALPHABET = string.ascii_letters + string.digits
_ID_LENGTH = 12

LATEST_TIMESTAMP_MS = 253_402_300_799_999
"""The last millisecond that a ``datetime`` can hold: the end of the year 9999, UTC."""


def generate_id() -> str:
    """Mint a message id: 12 base62 characters, as ``rtc.ChatManager`` did."""
    return "".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_LENGTH))


def utc_now() -> datetime:
    """The current time, aware, cut to milliseconds, which is what the wire can carry."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def timestamp_from_ms(value: object) -> datetime:
    """Read a wire timestamp.

    Args:
        value: Milliseconds since the epoch. Anything else, zero, a negative number, and a time
            after the year 9999 mean "now": a message is not lost because a clock is wrong.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return utc_now()
    if not 0 < value <= LATEST_TIMESTAMP_MS:
        return utc_now()
    return datetime.fromtimestamp(value / 1000, UTC)


@dataclass(frozen=True)
class Attachment:
    """A file that came with a message."""

    id: str
    """The id of the byte stream that carried it."""

    name: str
    """The file's name as its sender gives it: not to be trusted as a path."""

    mime_type: str
    """Its type as its sender gives it."""

    data: bytes
    """All of it."""


@dataclass(frozen=True)
class MissingAttachment:
    """A file that was announced with a message and was not received."""

    id: str
    """The id of the byte stream that carries it, or should have."""

    reason: Literal["too large", "missing", "too many"]
    """Over the size limit; not there in time, or broken off; beyond what is taken with one message."""

    name: str = ""
    """The file's name as its sender gives it; empty if nothing of it arrived."""

    mime_type: str = ""
    """Its type as its sender gives it; likewise."""


@dataclass
class ChatMessage:
    """A chat message, or one state of a message that grows or is edited."""

    message: str | None = None
    """The whole text so far. None in a deletion that carried no text."""

    id: str = field(default_factory=generate_id)
    """Unique among its sender's messages; the same in every edit."""

    timestamp: datetime = field(default_factory=utc_now)
    """When the sender says it was written: aware, UTC, millisecond precision."""

    deleted: bool = False
    """Whether its sender deleted it. To delete your own, set this and call ``update_message``."""

    participant: rtc.Participant | None = None
    """The sender. Not on the wire.

    A newcomer's first text can be here three seconds before its ``participant_connected``. Until
    then only ``identity`` is filled in: ``sid`` is empty, and ``kind`` is that of a standard
    participant, even for an agent. From then on it shows what the room's participant shows.
    None for a JSON packet of somebody who has not been announced: it comes without an identity.
    """

    is_local: bool = False
    """Whether this side sent it. Not on the wire."""

    complete: bool = True
    """False while more text is expected. Not on the wire."""

    edited: bool = False
    """Whether this text replaces one that was complete. Not on the wire."""

    attachments: tuple[Attachment, ...] = ()
    """Files that came with it; empty until it is complete. Not in JSON packets."""

    missing_attachments: tuple[MissingAttachment, ...] = ()
    """Files that should have come with it, and did not. Likewise."""

    participant_identity: str | None = None
    """The sender's identity as the transport gives it; None where `participant` is. Not on the
    wire."""

    @classmethod
    def from_jsondict(cls, d: dict[str, Any]) -> ChatMessage:
        """Build a message from a decoded JSON packet; a missing id is minted."""
        identifier = d.get("id")
        message = cls(
            id=identifier if isinstance(identifier, str) and identifier else generate_id(),
            timestamp=timestamp_from_ms(d.get("timestamp")),
        )
        message.update_from_jsondict(d)
        return message

    def update_from_jsondict(self, d: dict[str, Any]) -> None:
        """Take over text and deletion from a decoded JSON packet."""
        self.message = d.get("message")
        self.deleted = d.get("deleted") is True

    def asjsondict(self) -> dict[str, Any]:
        """The JSON packet for this message; ``timestamp`` in milliseconds since the epoch."""
        d: dict[str, Any] = {
            "id": self.id,
            "message": self.message,
            "timestamp": round(self.timestamp.timestamp() * 1000),
        }
        if self.deleted:
            d["deleted"] = True
        return d
