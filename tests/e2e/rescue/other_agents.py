"""The agent, of a worker that differs from the real one in what the tests of rescues need.

- Its job ends itself in rooms whose name begins with "ends", once somebody is there.
- It takes the open rooms of its worker's name when it gets SIGUSR1, as from a store that says that they
  are lost.

Run it as a module, from the project.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Mapping

from livekit import api
from livekit.agents import AgentServer, JobContext, JobRequest, cli

from worker import hosting, rescue, serving
from worker.rescue import LostRoom
from worker.settings import load_settings

logger = logging.getLogger("other_agents")


async def hold_conversation(job: JobContext) -> None:
    """Be the agent, and end."""
    await serving.hold_conversation(job)
    if job.job.room.name.startswith("ends"):
        await job.wait_for_participant()
        # Somebody is to see that it was there.
        await asyncio.sleep(1)
        job.shutdown("done")


class OnRequest:
    """Says that all rooms are lost, once for each signal."""

    def __init__(self, agent_name: str) -> None:
        self._agent_name = agent_name
        self._asked = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self._asked.set)
        logger.info("takes rooms on request")

    async def take_lost(self, most: int) -> list[LostRoom]:
        if not self._asked.is_set():
            return []
        self._asked.clear()
        async with api.LiveKitAPI() as livekit:
            there = await livekit.room.list_rooms(api.ListRoomsRequest(names=[self._agent_name]))
        return [LostRoom(room.name, room.sid, self._agent_name, "") for room in there.rooms]

    async def close_room(self, room: LostRoom) -> None:
        logger.info("closed", extra={"room": room.name})

    async def put_back(self, room: LostRoom) -> None:
        logger.info("put back", extra={"room": room.name})

    async def owned(self, opened: Mapping[str, str]) -> set[str]:
        return set(opened)

    async def is_first(self) -> bool:
        return False


def create_server() -> AgentServer:
    """Build the worker like the real one."""
    hosting.use_uvloop()
    settings = load_settings()
    name = settings.chat_agent_name
    server, admission = hosting.create_server(
        settings.chat_isolation,
        settings.chat_max_rooms or 20,
        health_port=0,
        setup_fnc=serving.prepare_process,
    )

    async def accept(request: JobRequest) -> None:
        await admission.answer(request, identity=serving.IDENTITY, name="Assistant")

    server.rtc_session(
        hold_conversation,
        agent_name=name,
        on_request=accept,
        on_session_end=serving.end_conversation,
    )
    rescue.rescue_rooms(
        server,
        admission,
        identity=serving.IDENTITY,
        agent_name=name,
        display_name="Assistant",
        ownership=lambda: None if name == "ends" else OnRequest(name),
    )
    return server


if __name__ == "__main__":
    cli.run_app(create_server())
