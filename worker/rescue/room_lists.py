"""LiveKit's lists of rooms, of who is there, and of the agents that were asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import aiohttp
from livekit import api
from livekit.protocol.agent_dispatch import AgentDispatch, CreateAgentDispatchRequest
from livekit.protocol.models import ParticipantInfo, Room

from .room_view import RoomView

REQUEST_LIMIT = 5.0
"""Seconds for the server to answer."""

FAILURES = (api.ServerError, aiohttp.ClientError, TimeoutError)
"""How a request to the server fails."""


def failure_name(error: BaseException) -> str:
    """Return what may be logged of a failure: a server's message may quote names; its code does not."""
    return error.code if isinstance(error, api.ServerError) else type(error).__name__


class RoomLists:
    """Asks the LiveKit server. All methods raise one of `FAILURES` if it does not answer."""

    def __init__(self, livekit: api.LiveKitAPI) -> None:
        """Ask whatever this asks."""
        self._api = livekit

    async def rooms(self, names: Collection[str] = ()) -> list[Room]:
        """Return the open rooms, or those of them with these names."""
        async with asyncio.timeout(REQUEST_LIMIT):
            there = await self._api.room.list_rooms(api.ListRoomsRequest(names=list(names)))
            return list(there.rooms)

    async def participants(self, room: str) -> list[ParticipantInfo]:
        """Return who is in a room; nobody if it is gone."""
        try:
            async with asyncio.timeout(REQUEST_LIMIT):
                request = api.ListParticipantsRequest(room=room)
                return list((await self._api.room.list_participants(request)).participants)
        except api.ServerError as error:
            if error.code == api.ServerErrorCode.NOT_FOUND:
                return []
            raise

    async def dispatches(self, room: str) -> list[AgentDispatch]:
        """Return the agents that were asked for in a room; none if it is gone."""
        try:
            async with asyncio.timeout(REQUEST_LIMIT):
                return await self._api.agent_dispatch.list_dispatch(room)
        except api.ServerError as error:
            if error.code == api.ServerErrorCode.NOT_FOUND:
                return []
            raise

    async def view(self, name: str, sid: str) -> RoomView | None:
        """Return all about a room; None if it is gone, and one of the same name counts as another."""
        room = next((each for each in await self.rooms([name]) if each.sid == sid), None)
        if room is None:
            # The server waits for some seconds until it knows nothing else of such a room either.
            return None
        participants, dispatches = await asyncio.gather(
            self.participants(name), self.dispatches(name)
        )
        return RoomView(room, tuple(participants), tuple(dispatches))

    async def dispatch(self, request: CreateAgentDispatchRequest) -> AgentDispatch:
        """Ask for an agent. Opens the room if it is gone."""
        async with asyncio.timeout(REQUEST_LIMIT):
            return await self._api.agent_dispatch.create_dispatch(request)

    async def delete_dispatch(self, room: str, dispatch_id: str) -> None:
        """Take a dispatch back, which ends its job; nothing happens if it is gone."""
        try:
            async with asyncio.timeout(REQUEST_LIMIT):
                await self._api.agent_dispatch.delete_dispatch(dispatch_id, room)
        except api.ServerError as error:
            if error.code != api.ServerErrorCode.NOT_FOUND:
                raise
