"""Whether a room has an agent, and whether it responds: checked before another one joins.

The agent of a worker that was killed stays in its room for some 20 s (livekit-server 1.13.11), and
looks like any other to the server, which counts its job as running for ever. Only the agent can tell:
it is called by RPC, and what still runs answers within milliseconds.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import TYPE_CHECKING

import aiohttp
from livekit import api, rtc
from livekit.protocol.models import ParticipantInfo

from .internals import Feature, Internal

if TYPE_CHECKING:
    from .room_client import RoomClient

logger = logging.getLogger(__name__)

FEATURE = Feature(
    "a second dispatch replaces a running agent, and the conversation is lost",
    (
        Internal("livekit.api.room_service", "SVC"),
        Internal("livekit.api.room_service", "RoomService.__init__", frozenset({"failover"})),
        Internal(
            "livekit.api.room_service",
            "RoomService.get_participant",
            touches=frozenset({"_client", "_auth_header", "request"}),
        ),
        Internal("livekit.protocol.room", "PerformRpcRequest"),
        Internal("livekit.protocol.room", "PerformRpcResponse"),
    ),
)

RPC_METHOD = "chat.alive"
"""RPC method of the agent. It answers with nothing, or with `_LEAVING`."""

_LEAVING = "leaving"

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

    LEAVING = "leaving"
    """An agent that answers, but only completes its last reply."""

    SILENT = "silent"
    """An agent that does not answer: its worker was killed, or hangs."""

    UNKNOWN = "unknown"
    """The server could not be asked."""


FindOccupant = Callable[[str, str], Awaitable[Occupant]]
"""Finds who is in the room of this name under this identity."""


class LifeSign:
    """Shows that an agent lives, whenever it is asked."""

    def __init__(self, participant: rtc.LocalParticipant) -> None:
        """Answer from now on. Call `close` before the room is left.

        Args:
            participant: The agent, connected.
        """
        self.is_leaving = False
        """Whether the agent is about to leave the room: another one may take its place."""
        self.make_way: Callable[[], Awaitable[None]] | None = None
        """Called before one that is leaving says so: whoever asks is about to take its place."""
        self._participant = participant
        participant.register_rpc_method(RPC_METHOD, self._answer)

    def close(self) -> None:
        """Answer no more: the native side keeps a room for ever that has a method registered."""
        self._participant.unregister_rpc_method(RPC_METHOD)

    async def _answer(self, _: rtc.RpcInvocationData) -> str:
        if self.is_leaving and self.make_way is not None:
            await self.make_way()
        return _LEAVING if self.is_leaving else ""


async def find_occupant(session: aiohttp.ClientSession, room: str, identity: str) -> Occupant:
    """Ask the server, with the key that livekit-agents has in the worker's environment.

    Args:
        session: Asks. The worker's own trusts the server as the worker does, and is connected.
        room: The room's name.
        identity: Whom to look for.
    """
    if FEATURE.misfits:
        return Occupant.UNKNOWN
    from .room_client import RoomClient

    try:
        async with asyncio.timeout(LIMIT):
            return await _find(RoomClient(session), room, identity)
    except (api.ServerError, aiohttp.ClientError, TimeoutError) as error:
        # A server's message may quote the identity; its code does not.
        why = error.code if isinstance(error, api.ServerError) else type(error).__name__
        logger.warning("could not find out whether the room has an agent", extra={"error": why})
        return Occupant.UNKNOWN


async def _find(rooms: RoomClient, room: str, identity: str) -> Occupant:
    try:
        who = api.RoomParticipantIdentity(room=room, identity=identity)
        if (await rooms.get_participant(who)).kind != ParticipantInfo.AGENT:
            return Occupant.NOBODY
        return await _call(rooms, room, identity)
    except api.ServerError as error:
        if error.code == api.ServerErrorCode.NOT_FOUND:
            return Occupant.NOBODY
        raise


async def _call(rooms: RoomClient, room: str, identity: str) -> Occupant:
    loop = asyncio.get_running_loop()
    for _ in range(CALLS):
        next_call = loop.time() + CALL_LIMIT
        try:
            answer = await rooms.call(room, identity, RPC_METHOD, CALL_LIMIT)
        except api.ServerError as error:
            if error.code == api.ServerErrorCode.INVALID_ARGUMENT:
                # So answers an agent that does not know the method: of an older version, or joining.
                return Occupant.ALIVE
            if error.code not in _SILENCE:
                raise
            await asyncio.sleep(next_call - loop.time())
        else:
            return Occupant.LEAVING if answer == _LEAVING else Occupant.ALIVE
    return Occupant.SILENT


_SILENCE = frozenset({api.ServerErrorCode.CANCELED, api.ServerErrorCode.INTERNAL})
"""What the server says when no answer came, and when the agent has no data channel yet."""
