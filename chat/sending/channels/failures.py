"""What a write can raise."""

from __future__ import annotations

from livekit.rtc.participant import PublishDataError

NOTHING_SENT = (AssertionError, PublishDataError)
"""What says for certain that nothing was sent. ``AssertionError`` is how the SDK says that its native
side refused a call: so it does when the room, or a stream's writer, is gone (rtc 1.1.21)."""

WRITE_FAILURES = (ConnectionError, RuntimeError, TimeoutError, *NOTHING_SENT)
"""What a write can raise. ``StreamError`` is a ``ConnectionError``; ``RuntimeError`` is what the SDK
raises for a stream writer that the room's disconnection closed."""
