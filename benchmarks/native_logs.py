"""Keeps the native log of the clients' SDK out of Python, where it would distort the measurements.

`worker.hosting` does the same for this project's worker. It is not imported for that: with it comes
livekit-agents, which is too large for each process with people.
"""

import sys

from livekit import rtc


def keep_native_logs_native() -> None:
    """Let the native side write its errors to stderr itself, for this process, from now on."""
    try:
        from livekit.rtc import _ffi_client

        _ffi_client.FfiClient.instance._ffi_lib.livekit_ffi_initialize(
            _ffi_client.ffi_event_callback, False, b"python", rtc.__version__.encode("ascii")
        )
    except (ImportError, AttributeError) as error:
        sys.stderr.write(
            f"cannot switch off the SDK's native log, which slows this down: {error}\n"
        )
