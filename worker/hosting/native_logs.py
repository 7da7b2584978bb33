"""Keeps the SDK's native side from sending its log to Python.

The native side writes about 2,000 records while a room is opened and closed, nearly all of them
WebRTC's, for debugging. The SDK asks for every one of them, each as an event of its own that takes
the interpreter's lock, and then drops it (rtc 1.1.21, ``_ffi_client.ffi_event_callback``). When rooms
come faster than Python can drop records, they wait in a queue without a limit: the memory of a worker
grew by 2 MB for each room that it had had.

What it writes itself holds what people say, their names and the agent's token: an error is printed with
what it is about (livekit-ffi, ``failed to send data packet``), and so is what takes too long. Therefore
it writes to a pipe, and a program between that and stderr lets through what is known to be neutral.
"""

from __future__ import annotations

import contextlib
import os
from importlib import import_module

from livekit import rtc

from worker.privacy.hooks import print_panic
from worker.privacy.native_stderr import filter_native_stderr

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


_LEVELS = "error,livekit::rtc_engine::rtc_session=warn"
"""What is logged unless ``RUST_LOG`` says. A warning is all that tells of a message that was encrypted with
a key that the agent does not have."""


def choose_native_levels() -> None:
    """Choose what the native side logs, unless ``RUST_LOG`` does. Call it before that is first used."""
    os.environ.setdefault("RUST_LOG", _LEVELS)


def keep_native_logs_native(*, log_private: bool) -> None:
    """Let the native side write its log itself, for this process, from now on.

    It writes errors and some warnings to stderr, or what ``RUST_LOG`` asks for. With ``LIVEKIT_RTC_DEBUG`` set, which
    asks the SDK for the records in Python's log, they go there.

    Args:
        log_private: Whether to write all of it, and not only what is known to be neutral.
    """
    if not log_private:
        filter_native_stderr()
        _hide_panics()
    if os.environ.get("LIVEKIT_RTC_DEBUG", "").strip().lower() in ("true", "1"):
        return
    if FEATURE.misfits:
        return
    ffi = import_module("livekit.rtc._ffi_client")
    # The SDK has no setting for it. A second call only replaces what the first one set.
    ffi.FfiClient.instance._ffi_lib.livekit_ffi_initialize(
        ffi.ffi_event_callback, False, b"python", rtc.__version__.encode("ascii")
    )


def _hide_panics() -> None:
    # The SDK prints what native code said when it failed, with the function of this name. An SDK that has
    # moved may print it elsewhere, or not.
    with contextlib.suppress(ImportError):
        vars(import_module("livekit.rtc._ffi_client"))["print"] = print_panic
