"""Which receiver each event of the SDK's native side is for, as the SDK's code expects it. No I/O.

Every event that rtc 1.1.21 has (``ffi.proto``) is in exactly one of these collections. One that a later
SDK adds is in none, and goes to everybody, as all events do in the SDK itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from livekit.rtc._proto.ffi_pb2 import FfiEvent

Address = tuple[str, int]
"""An event's name, and the handle or the request's id that it carries."""

ROOM_EVENTS = {
    "room_event": "room_handle",
    "rpc_method_invocation": "local_participant_handle",
}
"""Events of one room, with the field that says which. Others may listen to them, too."""

STREAM_EVENTS = {
    "audio_stream_event": "stream_handle",
    "video_stream_event": "stream_handle",
    "data_track_stream_event": "stream_handle",
    "text_stream_reader_event": "reader_handle",
    "byte_stream_reader_event": "reader_handle",
    "capture_source_event": "capture_handle",
}
"""Events of one stream, with the field that says which. They are nobody else's."""

ROOM_ANSWERS = frozenset({"publish_track", "unpublish_track"})
"""Answers that a participant waits for in its room's queue."""

ANSWERS = frozenset(
    {
        "connect",
        "disconnect",
        "dispose",
        "publish_data",
        "publish_transcription",
        "publish_sip_dtmf",
        "publish_data_track",
        "capture_audio_frame",
        "new_capture_source",
        "set_local_metadata",
        "set_local_name",
        "set_local_attributes",
        "get_stats",
        "get_session_stats",
        "simulate_scenario",
        "define_schema",
        "get_schema",
        "chat_message",
        "perform_rpc",
        "send_stream_header",
        "send_stream_chunk",
        "send_stream_trailer",
        "send_text",
        "send_bytes",
        "send_file",
        "text_stream_open",
        "text_stream_reader_read_all",
        "text_stream_writer_write",
        "text_stream_writer_close",
        "byte_stream_open",
        "byte_stream_reader_read_all",
        "byte_stream_reader_write_to_file",
        "byte_stream_writer_write",
        "byte_stream_writer_close",
    }
)
"""Answers that are awaited by a subscription of the request's own. They are nobody else's."""

EVERYBODYS = frozenset({"track_event", "logs", "panic"})
"""Events that name nobody. The last two end in the SDK's callback and are never handed on."""

REQUESTS = {
    "publish_data": "publish_data",
    "set_local_attributes": "set_local_attributes",
    "capture_audio_frame": "capture_audio_frame",
    "text_stream_open": "text_stream_open",
    "text_stream_write": "text_stream_writer_write",
    "text_stream_close": "text_stream_writer_close",
}
"""Requests that subscribe, send and wait for their own answer alone, without a pause before the wait,
and what the answer is called. Those who make others hear everything."""

NEW_STREAMS = {
    "new_audio_stream": "audio_stream_event",
    "audio_stream_from_participant": "audio_stream_event",
    "new_video_stream": "video_stream_event",
    "video_stream_from_participant": "video_stream_event",
}
"""Requests for a stream that subscribe just before, and what the stream's events are called."""


def address_of(event: FfiEvent) -> Address | None:
    """Return to whom an event goes; None if it does not say, or is not known."""
    name = event.WhichOneof("message")
    if name is None or (field := _FIELDS.get(name)) is None:
        return None
    return name, getattr(getattr(event, name), field)


def is_for_all_rooms(event: FfiEvent) -> bool:
    """Whether an event must reach every room, where it is not known for whom it is."""
    return event.WhichOneof("message") not in _NEVER_FOR_ALL


_FIELDS = {**ROOM_EVENTS, **STREAM_EVENTS, **dict.fromkeys(ANSWERS | ROOM_ANSWERS, "async_id")}
_NEVER_FOR_ALL = ROOM_EVENTS.keys() | STREAM_EVENTS.keys() | ANSWERS
