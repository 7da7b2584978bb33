"""Which channel sends our own messages in a dialect."""

from __future__ import annotations

from collections.abc import Callable

from livekit import rtc

from chat.dialect import Dialect
from chat.message import ChatMessage

from .channels import (
    Channel,
    JsonEditChannel,
    JsonFinalChannel,
    ProtobufChannel,
    SegmentChannel,
    StreamChannel,
    Turn,
)


class MessageChannels:
    """Makes the channels of one participant's messages, see `ChannelFactory`."""

    def __init__(self, room: rtc.Room, *, twins: Callable[[], bool]) -> None:
        """See `Outbox`."""
        self._room = room
        self._twins = twins
        self._segment_turn = Turn()

    def __call__(self, message: ChatMessage, dialect: Dialect, *, apart: bool = False) -> Channel:
        """See `ChannelFactory`."""
        participant = self._room.local_participant
        match dialect:
            case Dialect.STREAM | Dialect.UNKNOWN:
                return StreamChannel(participant, message, twins_for_all=self._twins())
            case Dialect.SEGMENT:
                turn = Turn() if apart else self._segment_turn
                return SegmentChannel(participant, message, turn=turn)
            case Dialect.JSON_EDIT:
                return JsonEditChannel(participant, message)
            case Dialect.JSON_FINAL:
                return JsonFinalChannel(participant, message)
            case Dialect.PROTO:
                return ProtobufChannel(participant, message)
