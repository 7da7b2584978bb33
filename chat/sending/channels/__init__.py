"""Channels: how a message is delivered to the participants of each dialect."""

from .admission import Admission
from .channel import Channel
from .json_edit import JsonEditChannel
from .json_final import JsonFinalChannel
from .protobuf import ProtobufChannel
from .segment import SegmentChannel
from .stream import StreamChannel
from .transcript import TranscriptChannel, UnreadTranscriptChannel
from .turn import Turn

__all__ = [
    "Admission",
    "Channel",
    "JsonEditChannel",
    "JsonFinalChannel",
    "ProtobufChannel",
    "SegmentChannel",
    "StreamChannel",
    "TranscriptChannel",
    "Turn",
    "UnreadTranscriptChannel",
]
