"""How a message, or a part of one, goes out as a JSON packet."""

from __future__ import annotations

from livekit import rtc

from chat.message import ChatMessage
from chat.wire import TOPIC_JSON, TOPIC_JSON_UPDATE, encode


async def publish_json(
    participant: rtc.LocalParticipant,
    message: ChatMessage,
    addressees: list[str],
    *,
    edit: bool = False,
    ignore_legacy: bool | None = None,
) -> int:
    """Send a packet.

    Clients that edit take one on the update topic as a new message if they do not know its id.
    Those that append do not listen there.

    Args:
        participant: Who sends.
        message: What to send; its text must be whole.
        addressees: Identities; must not be empty, which would mean everybody.
        edit: Whether the addressees may have the message already.
        ignore_legacy: See `encode`.

    Returns:
        The bytes sent.
    """
    payload = encode(message, ignore_legacy=ignore_legacy)
    await participant.publish_data(
        payload,
        topic=TOPIC_JSON_UPDATE if edit else TOPIC_JSON,
        destination_identities=addressees,
    )
    return len(payload)
