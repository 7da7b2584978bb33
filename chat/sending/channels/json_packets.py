"""Sends a message, or a part of one, as a JSON packet."""

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

    A packet on the update topic with an unknown id is a new message for clients that edit. Those
    that append do not listen to that topic.

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
