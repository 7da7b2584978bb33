"""The agent, with jobs that fail on purpose: the first word of their room's name says how.

It tells its state, as one log line, whenever it gets SIGUSR1. Run it as a module, from the project.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import threading
import time
from concurrent.futures.thread import _threads_queues

from livekit import rtc
from livekit.agents import AgentServer, JobContext, JobRequest, cli
from livekit.rtc._ffi_client import FfiClient

from worker import hosting, serving
from worker.hosting import shared_executor
from worker.settings import load_settings

logger = logging.getLogger("faulty_agent")

BLOCKED = 2.0
"""Seconds for which a job blocks the event loop."""

END_LIMIT = 1.0
"""Seconds for each part of a job's end."""


async def hold_conversation(job: JobContext) -> None:
    """Be the agent, or fail."""
    fault = job.job.room.name.partition("-")[0]
    if fault not in {"crash", "hang", "block", "stubborn"}:
        await serving.hold_conversation(job)
        return
    await job.connect()
    if fault == "crash":
        raise RuntimeError("crashed on purpose")
    if fault == "block":
        time.sleep(BLOCKED)  # noqa: ASYNC251 - this is the fault.
    if fault == "hang":
        await asyncio.Event().wait()
    while fault == "stubborn":
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()


def create_server() -> AgentServer:
    """Build the worker like the real one, but with less patience for a job's end."""
    hosting.use_uvloop()
    settings = load_settings()
    shared_executor.ENTRYPOINT_GRACE = END_LIMIT
    server, admission = hosting.create_server(
        settings.chat_isolation,
        settings.chat_max_rooms or 200,
        health_port=settings.chat_health_port,
        setup_fnc=serving.prepare_process,
        session_end_timeout=END_LIMIT,
        shutdown_process_timeout=END_LIMIT,
    )

    async def accept(request: JobRequest) -> None:
        await admission.answer(request, identity=serving.IDENTITY, name="Assistant")

    server.rtc_session(
        hold_conversation, on_request=accept, on_session_end=serving.end_conversation
    )
    server.once("worker_started", _tell_when_asked)
    return server


def _tell_when_asked() -> None:
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, _tell)


def _tell() -> None:
    gc.collect()
    extra = {
        "tasks": len(asyncio.all_tasks()),
        "listeners": len(FfiClient.instance.queue._subscribers),
        "rooms": sum(isinstance(thing, rtc.Room) for thing in gc.get_objects()),
        "pool_threads": sum(thread in _threads_queues for thread in threading.enumerate()),
    }
    logger.info("state", extra=extra)


if __name__ == "__main__":
    cli.run_app(create_server())
