"""The worker: livekit-agents' server, with jobs in processes of their own or all in this one."""

from __future__ import annotations

import logging
import math
import os
import sys
from typing import Any, Literal

from livekit.agents import AgentServer

from .admission import Admission
from .descriptors import raise_limit, rooms_within
from .internals import find_misfits
from .load import Load
from .memory import read_memory
from .watcher import LoopWatcher

logger = logging.getLogger(__name__)

Isolation = Literal["shared", "process"]
"""Whether all jobs share the worker's process and event loop, or each has a process of its own."""


def create_server(
    isolation: Isolation, max_rooms: int, **options: Any
) -> tuple[AgentServer, Admission]:
    """Build a server, and what decides about its jobs.

    Args:
        isolation: Where jobs run. ``shared`` becomes ``process``, with a warning, where the
            installed livekit-agents is not what it builds on.
        max_rooms: How many jobs it takes at a time.
        options: What else `AgentServer` takes.
    """
    watcher = LoopWatcher()

    def running() -> list[str]:
        return [info.job.id for info in server.active_jobs]

    admission = Admission(max_rooms, running, lambda: load.has_memory)
    load = Load(max_rooms, lambda: admission.rooms, lambda: watcher.lag, read_memory)
    misfits = find_misfits() if isolation == "shared" else []
    shared = isolation == "shared" and not misfits
    server = _server_class(shared=shared)(
        load_fnc=load.__call__,
        # With a threshold, a burst of dispatches to an empty worker is refused all but a few.
        load_threshold=math.inf,
        # However long the server is away, the worker comes back by itself.
        max_retry=sys.maxsize,
        **options,
    )
    server.once("worker_started", watcher.start)
    if misfits:
        # Not now: logging is set up when the server is run.
        server.once("worker_started", lambda: _warn(misfits))
    if shared:
        open_files = raise_limit()
        server.once("worker_started", lambda: _compare(max_rooms, open_files))
    return server, admission


def _warn(misfits: list[str]) -> None:
    extra = {"misfits": misfits}
    logger.warning("each room gets a process: this livekit-agents cannot share one", extra=extra)


def _compare(max_rooms: int, open_files: int) -> None:
    """Say it where no more rooms, or not even these, fit into a process for its open files."""
    fitting = rooms_within(open_files)
    if fitting <= max_rooms:
        extra = {"open_files": open_files, "rooms_within": fitting, "max_rooms": max_rooms}
        logger.warning("open files limit the rooms: see ulimit -n", extra=extra)


def _server_class(*, shared: bool) -> type[AgentServer]:
    if not shared:
        return AgentServer
    # livekit-agents' own monitor of the loop cannot say which job blocks it; ours can.
    os.environ.setdefault("LIVEKIT_AGENTS_LOOP_BLOCK_WARN_MS", "0")
    # Imported late: it subclasses what was just looked for.
    from .shared_server import SharedServer

    return SharedServer
