"""Rooms on the server that is measured with: tokens for them, and their end."""

import asyncio
from typing import Literal

from livekit import api

from worker.devstack.livekit_server import LiveKitServer


def mint_token(
    server: LiveKitServer, room: str, identity: str, kind: Literal["standard", "agent"] = "standard"
) -> str:
    """Make the token with which a client, or an agent, joins ``room``."""
    return (
        api.AccessToken(server.api_key, server.api_secret)
        .with_identity(identity)
        .with_kind(kind)
        .with_grants(api.VideoGrants(room_join=True, room=room))
        .to_jwt()
    )


def delete_room(server: LiveKitServer, room: str) -> None:
    """End a room, and with it the agent's job, which would keep its worker from ending."""
    asyncio.run(_delete_room(server, room))


async def _delete_room(server: LiveKitServer, room: str) -> None:
    async with api.LiveKitAPI(server.url, server.api_key, server.api_secret) as livekit:
        await livekit.room.delete_room(api.DeleteRoomRequest(room=room))
