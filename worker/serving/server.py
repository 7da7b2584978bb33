"""The worker: which rooms it takes, and what livekit-agents calls for each of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module

from livekit.agents import AgentServer, JobContext, JobProcess, JobRequest

from assistant import LEAVING_LIMIT
from worker import hosting, rescue
from worker.hosting.direct_server import DirectServer
from worker.rescue.handing_over import HandingOver
from worker.settings import Settings, load_settings

from .identity import IDENTITY
from .rooms import SETTLE_LIMIT, Rooms
from .services import microphone_slots

SESSION_END_LIMIT = SETTLE_LIMIT + LEAVING_LIMIT + 2.0
"""Seconds for leaving a room, beyond the reply's grace: all of it, and some to spare."""

_IMPORTED_LATE = ("openai.lib.streaming.chat", "anyio._backends._asyncio")
"""What the first answer in a process would wait for."""


def create_server(settings: Settings, *, remembers: bool = True) -> AgentServer:
    """Build the worker.

    Args:
        settings: What the environment says. The rooms read it anew: theirs may be another process.
        remembers: Whether to open the database of CHAT_MEMORY, if there is one.
    """
    # Voice models are not for a text chat, and take 240 MB. Read when the worker starts processes.
    os.environ.setdefault("LIVEKIT_AGENTS_PRELOAD_LOCAL_INFERENCE", "0")
    hosting.use_uvloop()
    secret = settings.livekit_api_secret
    slots = microphone_slots(settings)
    server, admission = hosting.create_server(
        settings.chat_isolation,
        settings.chat_max_rooms or hosting.max_rooms_here(settings.chat_isolation),
        microphones=lambda: slots.share,
        ws_url=settings.livekit_url,
        api_key=settings.livekit_api_key,
        api_secret=secret.get_secret_value() if secret is not None else None,
        health_port=settings.chat_health_port,
        health_grace=settings.chat_health_grace,
        log_level=settings.chat_log_level,
        log_private=settings.chat_log_private,
        preload_modules=[__package__, *_IMPORTED_LATE],
        setup_fnc=prepare_process,
        session_end_timeout=SESSION_END_LIMIT + settings.chat_closing_grace,
    )

    server.way_out = HandingOver(lambda: server.active_jobs, server.http_session)

    async def accept(request: JobRequest) -> None:
        await admission.answer(request, identity=IDENTITY, name=settings.chat_display_name)

    server.rtc_session(
        hold_conversation,
        agent_name=settings.chat_agent_name,
        on_request=accept,
        on_session_end=end_conversation,
    )
    rescue.rescue_rooms(
        server,
        admission,
        identity=IDENTITY,
        agent_name=settings.chat_agent_name,
        display_name=settings.chat_display_name,
        ownership=_ownership(server, settings, remembers=remembers),
    )
    hosting.explain_deployment(server)
    return server


def _ownership(
    server: DirectServer, settings: Settings, *, remembers: bool
) -> Callable[[], rescue.Ownership | None]:
    """Return what begins to take part in the store; without one, what does nothing."""
    if settings.chat_memory is None or not remembers:
        return lambda: None
    from .ownership import WorkerOwnership

    return WorkerOwnership(server, settings).begin


# A process of its own imports the functions below by their names, so that they cannot be methods of
# something that the worker holds.


def prepare_process(process: JobProcess) -> None:
    """Have ready what the first room would wait for."""
    settings = load_settings()
    hosting.use_uvloop()
    if not settings.chat_log_private:
        hosting.hide_private()
    hosting.keep_native_logs_native(log_private=settings.chat_log_private)
    for module in _IMPORTED_LATE:
        import_module(module)
    Rooms.prepare(process, settings)


async def hold_conversation(job: JobContext) -> None:
    """Chat in the job's room, or with the terminal in ``console``."""
    await Rooms.of(job.proc).enter(job)


async def end_conversation(job: JobContext) -> None:
    """Complete what is being written. Shutdown callbacks would come after the room was left."""
    await Rooms.of(job.proc).leave(job)
