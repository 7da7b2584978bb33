"""Delivers each of the SDK's events only to its receiver; the SDK delivers it to all of them.

Every room of a process subscribes to every event of the native side, and drops what is another's:
with 100 rooms an acknowledged write woke 100 tasks, a third of the busy event loop's time (rtc
1.1.21, ``_ffi_client.FfiQueue.put`` and ``room.Room._listen_task``). So does every audio stream with
the frames of all others, and every request until its answer comes. Only this module and
``routed_queue`` reach into that.
"""

from __future__ import annotations

from livekit import rtc

from .internals import Feature, Internal

_ASKS = frozenset({"subscribe", "request", "wait_for", "async_id", "unsubscribe"})


def _stream(module: str, name: str, event: str) -> tuple[Internal, ...]:
    """What a stream of media does before and after it is made."""
    return (
        Internal(
            module, f"{name}.__init__", touches=frozenset({"subscribe", "_create_owned_stream"})
        ),
        Internal(
            module,
            f"{name}._create_owned_stream",
            touches=frozenset({"request", f"new_{event}", "stream"}),
        ),
        Internal(
            module,
            f"{name}._create_owned_stream_from_participant",
            touches=frozenset({"request", f"{event}_from_participant", "stream"}),
        ),
        Internal(
            module, f"{name}._is_event", touches=frozenset({f"{event}_event", "stream_handle"})
        ),
        Internal(module, f"{name}._run", touches=frozenset({"_ffi_queue", "unsubscribe"})),
    )


INTERNALS = (
    Internal(
        "livekit.rtc._ffi_client", "FfiQueue.put", touches=frozenset({"_subscribers", "_lock"})
    ),
    Internal(
        "livekit.rtc._ffi_client",
        "FfiQueue.subscribe",
        frozenset({"loop", "filter_fn"}),
        touches=frozenset({"_subscribers"}),
    ),
    Internal("livekit.rtc._ffi_client", "FfiClient.__init__", touches=frozenset({"_queue"})),
    Internal("livekit.rtc.room", "Room.connect", touches=frozenset({"_ffi_queue", "_ffi_handle"})),
    Internal("livekit.rtc.room", "Room.disconnect", touches=frozenset({"_ffi_queue"})),
    Internal(
        "livekit.rtc.room",
        "Room._listen_task",
        touches=frozenset({"_ffi_queue", "room_handle", "_on_rpc_method_invocation"}),
    ),
    Internal(
        "livekit.rtc._ffi_client",
        "FfiQueue.unsubscribe",
        frozenset({"queue"}),
        touches=frozenset({"_subscribers"}),
    ),
    Internal("livekit.rtc._ffi_client", "FfiClient.instance"),
    Internal("livekit.rtc._ffi_client", "FfiClient.request", frozenset({"req"})),
    Internal("livekit.rtc._proto.ffi_pb2", "FfiEvent"),
    Internal("livekit.rtc._proto.ffi_pb2", "FfiRequest"),
    Internal("livekit.rtc._proto.ffi_pb2", "FfiResponse"),
    Internal("livekit.rtc._utils", "Queue"),
    Internal("livekit.rtc.participant", "LocalParticipant.publish_data", touches=_ASKS),
    Internal("livekit.rtc.participant", "LocalParticipant.set_attributes", touches=_ASKS),
    Internal(
        "livekit.rtc.data_stream",
        "BaseStreamWriter._wait_for_callback",
        touches=_ASKS,
    ),
    Internal("livekit.rtc.audio_source", "AudioSource.capture_frame", touches=_ASKS),
    Internal(
        "livekit.rtc.participant",
        "LocalParticipant.publish_track",
        touches=frozenset({"_room_queue", "_ffi_handle", "request", "async_id"}),
    ),
    *_stream("livekit.rtc.audio_stream", "AudioStream", "audio_stream"),
    *_stream("livekit.rtc.video_stream", "VideoStream", "video_stream"),
)

FEATURE = Feature("every room handles the events of all rooms", INTERNALS)


def route_events(room: rtc.Room) -> None:
    """Serve a connected room by its handles, if `install_routing` could replace the SDK's queue."""
    if FEATURE.misfits:
        return
    from .routed_queue import RoutedQueue, installed_queue

    queue = installed_queue()
    if isinstance(queue, RoutedQueue):
        queue.route(room)


def install_routing() -> None:
    """Replace the SDK's queue, once for a process, if the installed SDK is what this builds on."""
    if FEATURE.misfits:
        return
    # Imported late: it subclasses what was just looked for.
    from .routed_queue import replace_queue

    replace_queue()
