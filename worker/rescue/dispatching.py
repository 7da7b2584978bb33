"""Asks LiveKit for an agent of another worker in a room that has one."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field

import aiohttp
from livekit import api
from livekit.api.agent_dispatch_service import AgentDispatchService
from livekit.protocol.agent import Job, JobStatus

from .room_lists import FAILURES

TAKES_OVER = "chat.takes_over"
"""Attribute of the dispatch that brings the next agent of a room."""

NOBODY_AFTER = 2.0
"""Seconds after which a dispatch without a job is one that no worker has a place for."""

JOIN_LIMIT = 10.0
"""Seconds that the next agent has to join."""

FIRST_LOOK = 1.0
LOOK_INTERVAL = 0.5

_ENDED = (JobStatus.JS_FAILED, JobStatus.JS_SUCCESS)


@dataclass
class Successor:
    """What an agent knows of the one that is to take its place."""

    is_coming: bool = False
    """Whether a worker has asked about the room: it has a place, and takes the room next."""

    joined: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it has joined."""


def dispatch_service(session: aiohttp.ClientSession) -> AgentDispatchService:
    """Return what asks the server of this worker, with its key, which livekit-agents has in the environment."""
    url, key, secret = (os.environ[f"LIVEKIT_{n}"] for n in ("URL", "API_KEY", "API_SECRET"))
    return AgentDispatchService(session, url, key, secret, failover=False)


async def ask_for_successor(
    dispatches: AgentDispatchService, job: Job, successor: Successor, give_up: Callable[[], None]
) -> None:
    """Dispatch another agent, as a job's was, and wait until it has joined.

    The dispatch is deleted if it does not join: returns then, too.

    Args:
        dispatches: Asks the server.
        job: The job of the agent that is there.
        successor: What is known of the other one.
        give_up: Called if it does not join, before the dispatch is deleted: must let no other agent join any more.
    """
    request = api.CreateAgentDispatchRequest(
        agent_name=job.agent_name,
        room=job.room.name,
        metadata=job.metadata,
        deployment=job.deployment,
        attributes={**job.attributes, TAKES_OVER: "true"},
    )
    dispatch = await dispatches.create_dispatch(request)
    # Whoever cancels this leaves the room, which is then for the next agent, should it come.
    await _wait(dispatches, dispatch, successor)
    if not successor.joined.is_set():
        give_up()
        await dispatches.delete_dispatch(dispatch.id, dispatch.room)


async def _wait(
    dispatches: AgentDispatchService, dispatch: api.AgentDispatch, successor: Successor
) -> None:
    loop = asyncio.get_running_loop()
    began, look_at = loop.time(), loop.time() + FIRST_LOOK
    while not await _is_set(successor.joined, look_at):
        now = loop.time()
        jobs = await _jobs(dispatches, dispatch)
        # The server lists jobs late for some seconds after a worker has registered.
        none_left = (
            all(job.state.status in _ENDED for job in jobs) if jobs else not successor.is_coming
        )
        if now - began > (NOBODY_AFTER if none_left else JOIN_LIMIT):
            return
        look_at = now + LOOK_INTERVAL


async def _jobs(dispatches: AgentDispatchService, dispatch: api.AgentDispatch) -> list[Job]:
    """The jobs that came of a dispatch; none, too, if the server does not say."""
    try:
        found = await dispatches.get_dispatch(dispatch.id, dispatch.room)
    except FAILURES:
        return []
    return list(found.state.jobs) if found is not None else []


async def _is_set(event: asyncio.Event, until: float) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout_at(until):
            await event.wait()
    return event.is_set()
