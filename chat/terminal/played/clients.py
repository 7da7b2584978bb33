"""The dialects that `--dialect` offers, and the clients that use them. No I/O."""

from __future__ import annotations

from chat.dialect import Dialect

CLIENTS = {
    Dialect.STREAM: "web and React Native (components-core 0.12.8 and newer), Android 2",
    Dialect.JSON_EDIT: "web clients from 2024 (components-core 0.9 to 0.11.5), rtc.ChatManager",
    Dialect.JSON_FINAL: "components-core up to 0.8, Android 1, ChatContext of components-flutter",
    Dialect.SEGMENT: "Session of Swift and of Flutter",
    Dialect.PROTO: "RoomEvent.ChatMessage of client-sdk-js",
}
"""A line on each dialect. `Dialect.UNKNOWN`, for participants who have sent nothing yet, is not used by
any client."""


def listing() -> str:
    """Return a line on each dialect, for a help text."""
    width = max(len(dialect.value) for dialect in CLIENTS)
    return "\n".join(f"  {dialect.value:{width}}  {who}" for dialect, who in CLIENTS.items())
