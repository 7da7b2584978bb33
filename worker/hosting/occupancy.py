"""Whether an agent is in a room, and whether it lives: asked before another one is sent there.

The agent of a worker that was killed stays in its room for some 20 s (livekit-server 1.13.11), and
looks like any other to the server, which counts its job as running for ever. Only the agent can tell:
it is called by RPC, and what still runs answers within milliseconds.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from enum import Enum

import aiohttp
from livekit import api, rtc
from livekit.api.room_service import SVC, RoomService
from livekit.protocol.models import ParticipantInfo
from livekit.protocol.room import PerformRpcRequest, PerformRpcResponse

logger = logging.getLogger(__name__)

RPC_METHOD = "chat.alive"
"""RPC method of the agent. It answers with nothing."""

CALL_LIMIT = 0.5
"""Seconds for the answer to one call."""

CALLS = 3
"""Calls without an answer after which an agent counts as dead. The first ones may come while it joins,
or be lost with a connection that is being mended."""

LIMIT = 2.0
"""Seconds for all of it. After 3 s without the worker's answer the server gives a dispatch up, and asks
no other worker (livekit-server 1.13.11, the default of its own RPCs)."""


class Occupant(Enum):
    """Who is in a room under the agent's identity."""

    NOBODY = "nobody"
    """No agent."""

    ALIVE = "alive"
    """An agent that answers."""

    SILENT = "silent"
    """An agent that does not answer: its worker was killed, or hangs."""

    UNKNOWN = "unknown"
    """The server could not be asked."""


FindOccupant = Callable[[str, str], Awaitable[Occupant]]
"""Finds who is in the room of this name under this identity."""


def answer_calls(participant: rtc.LocalParticipant) -> None:
    """Have an agent, connected, show that it lives whenever it is asked."""
    participant.register_rpc_method(RPC_METHOD, _answer)


async def _answer(_: rtc.RpcInvocationData) -> str:
    return ""


async def find_occupant(room: str, identity: str) -> Occupant:
    """Ask the server, with the key that livekit-agents has in the worker's environment."""
    try:
        async with asyncio.timeout(LIMIT), aiohttp.ClientSession(trust_env=True) as session:
            return await _find(_Rooms(session), room, identity)
    except (api.ServerError, aiohttp.ClientError, TimeoutError) as error:
        # A server's message may quote the identity; its code does not.
        why = error.code if isinstance(error, api.ServerError) else type(error).__name__
        logger.warning("server does not say who is in the room", extra={"error": why})
        return Occupant.UNKNOWN


async def _find(rooms: _Rooms, room: str, identity: str) -> Occupant:
    try:
        who = api.RoomParticipantIdentity(room=room, identity=identity)
        if (await rooms.get_participant(who)).kind != ParticipantInfo.AGENT:
            return Occupant.NOBODY
        return Occupant.ALIVE if await _is_alive(rooms, room, identity) else Occupant.SILENT
    except api.ServerError as error:
        if error.code == api.ServerErrorCode.NOT_FOUND:
            return Occupant.NOBODY
        raise


async def _is_alive(rooms: _Rooms, room: str, identity: str) -> bool:
    loop = asyncio.get_running_loop()
    for _ in range(CALLS):
        next_call = loop.time() + CALL_LIMIT
        try:
            await rooms.call(room, identity)
        except api.ServerError as error:
            if error.code == api.ServerErrorCode.INVALID_ARGUMENT:
                # So answers an agent that does not know the method: of an older version, or joining.
                return True
            if error.code not in _SILENCE:
                raise
            await asyncio.sleep(next_call - loop.time())
        else:
            return True
    return False


_SILENCE = frozenset({api.ServerErrorCode.CANCELED, api.ServerErrorCode.INTERNAL})
"""What the server says when no answer came, and when the agent has no data channel yet."""


class _Rooms(RoomService):
    """The server's room service, and the one call that livekit-api 1.2 has no method for."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        url, key, secret = (os.environ[f"LIVEKIT_{n}"] for n in ("URL", "API_KEY", "API_SECRET"))
        super().__init__(session, url, key, secret, failover=False)

    async def call(self, room: str, identity: str) -> None:
        """Call an agent. Returns when it has answered."""
        await self._client.request(
            SVC,
            "PerformRpc",
            PerformRpcRequest(
                room=room,
                destination_identity=identity,
                method=RPC_METHOD,
                response_timeout_ms=int(1000 * CALL_LIMIT),
            ),
            self._auth_header(api.VideoGrants(room_admin=True, room=room)),
            PerformRpcResponse,
        )
