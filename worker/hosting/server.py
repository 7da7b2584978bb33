"""The worker: livekit-agents' server, with jobs in processes of their own or all in this one."""

from __future__ import annotations

import asyncio
import logging
import math
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from livekit.protocol.models import Room

from . import standstill
from .admission import Admission
from .capacity import Isolation
from .deleted_room import is_open
from .descriptors import raise_limit, rooms_within
from .direct_server import DirectServer
from .features import (
    HEALTH_PORT_OF_START,
    IN_EVERY_MODE,
    IN_SHARED_PROCESS,
    PRELOADING,
    SHARED_PROCESS,
    warn_of_lost,
)
from .load import Load
from .memory import read_memory
from .occupancy import Occupant, find_occupant
from .watcher import LoopWatcher

if TYPE_CHECKING:
    from livekit.agents.job import RunningJobInfo

logger = logging.getLogger(__name__)

HEALTH_GRACE = 30.0
"""Seconds without a registration after which the health check fails, unless told otherwise."""


HANGING = 10.0
"""Seconds of lateness from which the event loop hangs: its rooms are better off elsewhere."""


def no_microphones() -> float:
    """The share of microphones in use by a worker that listens to none."""
    return 0.0


def create_server(
    isolation: Isolation,
    max_rooms: int,
    *,
    microphones: Callable[[], float] = no_microphones,
    health_port: int = 0,
    health_grace: float = HEALTH_GRACE,
    log_private: bool = False,
    preload_modules: Sequence[str] = (),
    **options: Any,
) -> tuple[DirectServer, Admission]:
    """Build a server, and what decides about its jobs.

    Args:
        isolation: Where jobs run. ``shared`` becomes ``process``, with a warning, where the
            installed livekit-agents is not what it builds on.
        max_rooms: How many jobs it takes at a time.
        microphones: Tells in any thread which share of the microphones that may be open is, from 0 to 1.
        health_port: Where ``start`` answers health checks; other commands take any free port.
        health_grace: Seconds without a registration after which the health check fails.
        log_private: Whether the log may hold what people say, their names and tokens.
        preload_modules: What processes of jobs are to have imported.
        options: What else livekit-agents' `AgentServer` takes.
    """
    watcher = LoopWatcher()

    def running() -> list[RunningJobInfo]:
        return server.active_jobs

    async def find(room: str, identity: str) -> Occupant:
        async with server.http_session() as session:
            return await find_occupant(session, room, identity)

    async def is_still_open(room: Room) -> bool:
        async with server.http_session() as session:
            return await is_open(session, room)

    admission = Admission(max_rooms, running, lambda: load.has_memory, find, is_still_open)
    load = Load(max_rooms, lambda: admission.rooms, lambda: watcher.lag, read_memory, microphones)
    shared = isolation == "shared" and not SHARED_PROCESS.misfits
    if not PRELOADING.misfits:
        options["preload_modules"] = list(preload_modules)
    server = _server_class(shared=shared)(
        health_grace=health_grace,
        log_private=log_private,
        port=_only_in_start(health_port),
        load_fnc=load.__call__,
        # With a threshold, a burst of dispatches to an empty worker is refused all but a few.
        load_threshold=math.inf,
        # However long the server is away, the worker comes back by itself.
        max_retry=sys.maxsize,
        **options,
    )
    server.expecting = admission.expecting
    server.is_responsive = lambda: watcher.lag < HANGING
    server.once("worker_started", watcher.start)
    _watch_for_standstills(server)
    features = IN_EVERY_MODE + (IN_SHARED_PROCESS if isolation == "shared" else ())
    # Not now: logging is set up when the server is run.
    server.once("worker_started", lambda: warn_of_lost(features))
    if shared:
        open_files = raise_limit()
        server.once("worker_started", lambda: _compare(max_rooms, open_files))
    return server, admission


def _watch_for_standstills(server: DirectServer) -> None:
    if not standstill.can_watch():
        return

    async def is_in_room(info: RunningJobInfo) -> bool:
        from .room_client import RoomClient

        async with server.http_session() as session:
            sid = server.agent_sid(info.job.id)
            return await standstill.is_in_room(RoomClient(session), info, sid)

    standstills = standstill.Standstills(lambda: server.active_jobs, is_in_room, server.end_job)
    watching: list[asyncio.Task[None]] = []

    def start() -> None:
        # It ends with the loop, as livekit-agents cancels what runs then.
        watching.append(asyncio.get_running_loop().create_task(standstills.watch()))

    server.once("worker_started", start)


def _only_in_start(port: int) -> Any:
    """The option that gives a port to the worker in production; the others would fight over it."""
    if HEALTH_PORT_OF_START.misfits:
        return port
    from livekit.agents.worker import ServerEnvOption

    return ServerEnvOption(dev_default=0, prod_default=port)


def _compare(max_rooms: int, open_files: int) -> None:
    """Log a warning if the limit of open files is too low for the rooms."""
    fitting = rooms_within(open_files)
    if fitting < max_rooms:
        extra = {"open_files": open_files, "rooms_within": fitting, "max_rooms": max_rooms}
        logger.warning(
            "limit of open files is too low for CHAT_MAX_ROOMS: see ulimit -n", extra=extra
        )


def _server_class(*, shared: bool) -> type[DirectServer]:
    if not shared:
        return DirectServer
    # livekit-agents' own monitor of the loop cannot say which job blocks it; ours can.
    os.environ.setdefault("LIVEKIT_AGENTS_LOOP_BLOCK_WARN_MS", "0")
    # Imported late: it subclasses what was just looked for.
    from .shared_server import SharedServer

    return SharedServer
