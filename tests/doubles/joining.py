"""A double of a room that is joined when a test says so."""

from __future__ import annotations

import asyncio
from typing import Any

from livekit import rtc

from .room import FakeRoom


class JoiningRoom(FakeRoom):
    """A room that somebody is about to join, and can leave."""

    def __init__(self) -> None:
        super().__init__()
        self.joins: list[tuple[str, str, rtc.RoomOptions]] = []
        """Where it was joined, with which token and how."""
        self.lets_in = asyncio.Event()
        """While cleared, to join it takes longer."""
        self.refuses = False
        """Whether it lets nobody in."""
        self.left = 0
        """How often it was left."""

    async def connect(  # type: ignore[override]  # only as listeners do
        self, url: str, token: str, options: rtc.RoomOptions
    ) -> None:
        self.joins.append((url, token, options))
        await self.lets_in.wait()
        if self.refuses:
            raise rtc.ConnectError("by script")
        self.connected = True

    async def disconnect(self, **_: Any) -> None:
        self.left += 1
        self.connected = False
