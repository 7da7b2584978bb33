"""What a real server answers about rooms that are gone."""

from __future__ import annotations

import asyncio

from livekit import api

from worker.devstack.livekit_server import LiveKitServer
from worker.rescue.room_lists import RoomLists

AT_ONCE = 2.0
"""Seconds: less than the server waits for an answer from a room that it does not have."""


async def test_it_is_known_at_once_that_a_room_is_gone(livekit_server: LiveKitServer) -> None:
    url = livekit_server.url.replace("ws", "http", 1)
    keys = livekit_server.api_key, livekit_server.api_secret
    async with api.LiveKitAPI(url, *keys) as livekit:
        opened = await livekit.room.create_room(api.CreateRoomRequest(name="a-room-that-is-gone"))
        lists = RoomLists(livekit)
        view = await lists.view(opened.name, opened.sid)
        assert view is not None
        assert view.room.sid == opened.sid
        await livekit.room.delete_room(api.DeleteRoomRequest(room=opened.name))
        async with asyncio.timeout(AT_ONCE):
            assert await lists.view(opened.name, opened.sid) is None
            assert await lists.view("a-room-that-never-was", "RM_none") is None
