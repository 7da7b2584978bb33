"""A double of what LiveKit does for agents: no network; it keeps dispatches, and calls agents' methods."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from livekit import api, rtc

from .room import FakeLocalParticipant, FakeRoom

MOST_BYTES = 15_360
"""What an RPC carries (livekit-server 1.13.5)."""

Method = Callable[[rtc.RpcInvocationData], Awaitable[str]]
"""What answers calls."""


class CalledParticipant(FakeLocalParticipant):
    """An agent whose RPC methods can be called."""

    def __init__(self, identity: str, kind: rtc.ParticipantKind.ValueType) -> None:
        super().__init__(identity, kind)
        self._methods: dict[str, Method] = {}

    def register_rpc_method(self, method_name: str, handler: Any = None) -> None:  # type: ignore[override]  # no decorator
        super().register_rpc_method(method_name, handler)
        self._methods[method_name] = handler

    def unregister_rpc_method(self, method: str) -> None:
        super().unregister_rpc_method(method)
        del self._methods[method]

    async def called(self, method: str, payload: str = "", limit: float = 10.0) -> str:
        """Answer as the agent does. Raises RpcError, too, as its caller would see it."""
        handler = self._methods.get(method)
        if handler is None:
            raise rtc.RpcError(rtc.RpcError.ErrorCode.UNSUPPORTED_METHOD, "unsupported method")
        call = rtc.RpcInvocationData("request", "caller", payload, limit)
        async with asyncio.timeout(limit):
            return await handler(call)


class AgentsRoom(FakeRoom):
    """A room that an agent is in, which can be called."""

    def __init__(self, name: str, identity: str = "agent-assistant") -> None:
        super().__init__(identity)
        self._info.name = name
        self.me: CalledParticipant = CalledParticipant(identity, self.me.kind)
        self.connected = True


@dataclass(frozen=True)
class Call:
    """An RPC that somebody asked for."""

    at: float
    """By the loop's clock."""
    room: str
    identity: str
    method: str
    payload: str


class LiveKitDouble:
    """Has the methods of `AgentDispatchService` and of `RoomClient` that agents are handed over with."""

    def __init__(self) -> None:
        self.listed: list[api.AgentDispatch] = []
        """All dispatches that there are."""
        self.requests: list[tuple[float, api.CreateAgentDispatchRequest]] = []
        """When each dispatch was asked for, and how."""
        self.deleted: list[tuple[float, str]] = []
        """When each dispatch was deleted, and which."""
        self.calls: list[Call] = []
        """All of them, whatever became of them."""
        self.agents: dict[tuple[str, str], CalledParticipant] = {}
        """Who answers, by room and identity."""
        self.failure: Exception | None = None
        """Raised by whatever is asked, if there is one."""

    def enter(self, room: FakeRoom) -> None:
        """Let an agent be the one in its room that has its identity."""
        assert isinstance(room.me, CalledParticipant)
        self.agents[room.name, room.me.identity] = room.me

    def leave(self, room: FakeRoom) -> None:
        """Let an agent be gone."""
        self.agents.pop((room.name, room.me.identity), None)

    async def create_dispatch(self, request: api.CreateAgentDispatchRequest) -> api.AgentDispatch:
        self.requests.append((_now(), request))
        self._fail()
        made = api.AgentDispatch(
            id=f"AD_next_{len(self.requests)}",
            room=request.room,
            agent_name=request.agent_name,
            attributes=request.attributes,
        )
        self.listed.append(made)
        return made

    async def get_dispatch(self, dispatch_id: str, room_name: str) -> api.AgentDispatch | None:
        self._fail()
        return next((each for each in self.listed if each.id == dispatch_id), None)

    async def list_dispatch(self, room_name: str) -> list[api.AgentDispatch]:
        self._fail()
        return [each for each in self.listed if each.room == room_name]

    async def delete_dispatch(self, dispatch_id: str, room_name: str) -> None:
        self._fail()
        if all(each.id != dispatch_id for each in self.listed):
            raise api.ServerError(api.ServerErrorCode.NOT_FOUND, "", status=404)
        self.listed = [each for each in self.listed if each.id != dispatch_id]
        self.deleted.append((_now(), dispatch_id))

    async def call(
        self, room: str, identity: str, method: str, limit: float, payload: str = ""
    ) -> str:
        self.calls.append(Call(_now(), room, identity, method, payload))
        self._fail()
        agent = self.agents.get((room, identity))
        if agent is None:
            raise api.ServerError(api.ServerErrorCode.NOT_FOUND, "", status=404)
        if len(payload.encode()) > MOST_BYTES:
            raise api.ServerError(api.ServerErrorCode.INVALID_ARGUMENT, "", status=400)
        try:
            return await agent.called(method, payload, limit)
        except rtc.RpcError:
            raise api.ServerError(api.ServerErrorCode.INVALID_ARGUMENT, "", status=400) from None
        except TimeoutError:
            raise api.ServerError(api.ServerErrorCode.CANCELED, "", status=408) from None

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure


def _now() -> float:
    return asyncio.get_running_loop().time()
