"""Has a worker look for rooms that lost their agent."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator, Callable

from livekit import api
from livekit.protocol.agent import Job

from worker.hosting import direct_server
from worker.hosting.admission import Admission
from worker.hosting.direct_server import DirectServer

from .joining import Joining
from .listed_rooms import ListedRooms
from .ownership import Ownership
from .rescuer import Rescuer, Worker
from .room_lists import RoomLists
from .room_view import Agent

logger = logging.getLogger(__name__)


def rescue_rooms(
    server: DirectServer,
    admission: Admission,
    *,
    identity: str,
    agent_name: str,
    display_name: str,
    ownership: Callable[[], Ownership | None] = lambda: None,
) -> None:
    """Look for them once the worker is registered, which `console` and `connect` never are.

    Args:
        server: The worker.
        admission: Counts its jobs.
        identity: The agent's identity in its rooms.
        agent_name: The name under which the worker is dispatched; empty for automatic dispatch.
        display_name: What people see as the agent's name.
        ownership: Returns what knows which worker has which room, when the worker is registered; None
            without a store.
    """
    if direct_server.FEATURE.misfits:
        return

    def jobs() -> list[Job]:
        return [info.job for info in server.active_jobs]

    def own() -> set[str]:
        # A process for a job may take longer to start than it takes until the next look.
        return {job.room.sid for job in jobs()} | admission.awaited

    @contextlib.asynccontextmanager
    async def ask() -> AsyncIterator[RoomLists]:
        # The worker's own session trusts the server as the worker does, and is connected.
        async with server.http_session() as session:
            yield RoomLists(api.LiveKitAPI(session=session, failover=False))

    running: list[asyncio.Task[None]] = []

    def start() -> None:
        deployment = os.environ.get("LIVEKIT_AGENT_DEPLOYMENT", "")
        agent = Agent(identity, agent_name, deployment)
        rescuer = Rescuer(
            Joining(agent, display_name, admission, server.launch),
            ListedRooms(agent, own),
            Worker(jobs, lambda: server.takes_jobs, server.end_job, ask),
            ownership(),
        )
        # It ends with the loop, as livekit-agents cancels what runs then.
        task = asyncio.get_running_loop().create_task(rescuer.run(), name="rescue of rooms")
        task.add_done_callback(_log_end)
        running.append(task)

    server.once("worker_registered", lambda *_: start())


def _log_end(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.error("rooms are not rescued any more", exc_info=error)
