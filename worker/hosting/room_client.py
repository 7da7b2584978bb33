"""What the worker asks the LiveKit server about its rooms. Needs `occupancy.FEATURE`."""

from __future__ import annotations

import os

import aiohttp
from livekit import api
from livekit.api.room_service import SVC, RoomService
from livekit.protocol.room import PerformRpcRequest, PerformRpcResponse


class RoomClient(RoomService):
    """The server's room service, and the one call that livekit-api 1.2 has no method for."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        """Ask the server of this worker, with its key, which livekit-agents has in the environment."""
        url, key, secret = (os.environ[f"LIVEKIT_{n}"] for n in ("URL", "API_KEY", "API_SECRET"))
        super().__init__(session, url, key, secret, failover=False)

    async def call(
        self, room: str, identity: str, method: str, limit: float, payload: str = ""
    ) -> str:
        """Call a participant's RPC method, and return its answer.

        Args:
            room: The room's name.
            identity: Whom to call.
            method: The method's name.
            limit: Seconds for the answer.
            payload: What to tell it.
        """
        response: PerformRpcResponse = await self._client.request(
            SVC,
            "PerformRpc",
            PerformRpcRequest(
                room=room,
                destination_identity=identity,
                method=method,
                payload=payload,
                response_timeout_ms=int(1000 * limit),
            ),
            self._auth_header(api.VideoGrants(room_admin=True, room=room)),
            PerformRpcResponse,
        )
        return response.payload
