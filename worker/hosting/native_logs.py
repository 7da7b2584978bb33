"""Keeps the SDK's native side from sending its log to Python.

The native side writes about 2,000 records while a room is opened and closed, nearly all of them
WebRTC's, for debugging. The SDK asks for every one of them, each as an event of its own that takes
the interpreter's lock, and then drops it (rtc 1.1.21, ``_ffi_client.ffi_event_callback``). When rooms
come faster than Python can drop records, they wait in a queue without a limit: the memory of a worker
grew by 2 MB for each room that it had had.
"""

from __future__ import annotations

import os
from importlib import import_module

from livekit import rtc

from .internals import Feature, Internal

FEATURE = Feature(
    "native log records go through Python, which costs memory",
    (
        Internal(
            "livekit.rtc._ffi_client",
            "FfiClient.__init__",
            touches=frozenset({"_ffi_lib", "livekit_ffi_initialize", "ffi_event_callback"}),
        ),
        Internal("livekit.rtc._ffi_client", "FfiClient.instance"),
        Internal("livekit.rtc._ffi_client", "ffi_event_callback"),
    ),
)


def keep_native_logs_native() -> None:
    """Let the native side write its log itself, for this process, from now on.

    It writes errors to stderr, and what ``RUST_LOG`` asks for. With ``LIVEKIT_RTC_DEBUG`` set, which
    asks the SDK for the records in Python's log, nothing is changed.
    """
    if os.environ.get("LIVEKIT_RTC_DEBUG", "").strip().lower() in ("true", "1"):
        return
    if FEATURE.misfits:
        return
    ffi = import_module("livekit.rtc._ffi_client")
    # The SDK has no setting for it. A second call only replaces what the first one set.
    ffi.FfiClient.instance._ffi_lib.livekit_ffi_initialize(
        ffi.ffi_event_callback, False, b"python", rtc.__version__.encode("ascii")
    )
