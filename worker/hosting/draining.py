"""livekit-agents' server, which hands its rooms to other workers while it waits for them to end."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from livekit.agents import NOT_GIVEN

from .internals import Feature, Internal
from .registered_server import RegisteredServer

FEATURE = Feature(
    "the rooms of a worker that is to end stay there until they end by themselves",
    (
        Internal(
            "livekit.agents", "AgentServer.drain", frozenset({"timeout"}), frozenset({"_draining"})
        ),
        Internal("livekit.agents", "AgentServer.draining"),
        Internal(
            "livekit.api.agent_dispatch_service",
            "AgentDispatchService.__init__",
            frozenset({"failover"}),
        ),
        Internal(
            "livekit.api.agent_dispatch_service",
            "AgentDispatchService.create_dispatch",
            frozenset({"req"}),
        ),
        Internal(
            "livekit.api.agent_dispatch_service",
            "AgentDispatchService.get_dispatch",
            frozenset({"dispatch_id", "room_name"}),
        ),
    ),
)


class WayOut(Protocol):
    """Makes rooms end sooner than by themselves."""

    async def run(self) -> None:
        """Do so until cancelled."""
        ...

    async def aclose(self) -> None:
        """Complete what must not be left half done. Called after `run` was cancelled."""
        ...


class DrainingServer(RegisteredServer):
    """Has its rooms handed over while it drains; where nobody takes them, they end as ever."""

    way_out: WayOut | None = None
    """Hands rooms over; None has them end by themselves."""

    async def drain(self, timeout: Any = NOT_GIVEN) -> None:  # noqa: ASYNC109  # The name is given.
        """Drain as `AgentServer` does, which tells LiveKit first that it takes nothing more.

        Raises:
            TimeoutError: Jobs were left after `timeout` seconds.
        """
        if FEATURE.misfits or self.way_out is None or self.draining:
            await super().drain(timeout)
            return
        leaving = asyncio.get_running_loop().create_task(self.way_out.run(), name="way out")
        try:
            await super().drain(timeout)
        finally:
            leaving.cancel()
            await asyncio.wait({leaving})
            await self.way_out.aclose()
