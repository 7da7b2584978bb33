"""What the session needs of whatever chats for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Protocol

from livekit import rtc

from chat import ChatMessage

EventTypes = Literal[
    "message_added",
    "message_updated",
    "message_deleted",
    "message_rejected",
]


class Manager(Protocol):
    """Sends and receives the messages of a room: the part of ``ChatManager`` that is used here."""

    def on(self, event: EventTypes, callback: Callable[..., Any], /) -> Any:
        """Call `callback` with the message whenever `event` comes."""

    async def send_message(self, message: str, /) -> ChatMessage:
        """Send a complete message."""

    def close(self) -> None:
        """Release every handler and task."""

    async def aclose(self) -> None:
        """The same, after running deliveries have finished."""


ManagerFactory = Callable[[rtc.Room], Manager]
"""Makes what chats in a room that is not connected yet."""
