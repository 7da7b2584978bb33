"""A LiveKit agent worker that chats in text: the front door.

    python agent.py dev | start | console --text | connect --room NAME

It puts the parts together, and nothing else: ``chat`` talks, ``assistant`` thinks, ``worker`` runs.
"""

import asyncio
import math
import os
import sys
from functools import cache

# Voice models are not for a text chat, and take 240 MB. Read when the worker starts processes.
os.environ.setdefault("LIVEKIT_AGENTS_PRELOAD_LOCAL_INFERENCE", "0")

import uvloop
from livekit.agents import AgentServer, AutoSubscribe, JobContext, JobRequest, cli
from livekit.agents.worker import ServerEnvOption

from assistant import (
    LanguageModel,
    Limits,
    Mention,
    Overlap,
    RoomAssistant,
    RoomOptions,
    Shared,
    TextAgent,
    TurnSlots,
    create_session,
    instructions,
    start_session,
)
from worker.console import prepare_for_console
from worker.settings import Settings, check_for_command, load_settings

IDENTITY = "agent-assistant"
"""The agent's identity, the same in every room and after every restart: clients merge edits by it,
and a second agent dispatched to a room by mistake takes the place of the first."""

FULL_LOAD = 0.7
"""The load at which livekit-server takes a worker for full (its agent service's ``TargetLoad``)."""

asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())

_assistants: dict[str, RoomAssistant] = {}


async def hold_conversation(job: JobContext) -> None:
    """Chat in the job's room, or with the terminal in ``console``."""
    settings = load_settings()
    if job.is_fake_job():
        session = create_session(_language_model(settings).for_room())
        await start_session(session, TextAgent(instructions()), output=None)
        return
    assistant = RoomAssistant(
        job.room,
        _language_model(settings).for_room(),
        _shared_by_rooms(settings),
        _options(settings),
        job_metadata=job.job.metadata,
    )
    _assistants[job.job.id] = assistant
    await assistant.start(job.connect(auto_subscribe=AutoSubscribe.SUBSCRIBE_NONE))
    # The job would close its session first of all, and with it the reply that has its grace.
    job._primary_agent_session = None


async def end_conversation(job: JobContext) -> None:
    """Complete what is being written. Shutdown callbacks would come after the room was left."""
    assistant = _assistants.pop(job.job.id, None)
    if assistant is not None:
        await assistant.aclose()


def create_server(settings: Settings) -> AgentServer:
    """Build the worker."""

    def load(server: AgentServer) -> float:
        return min(FULL_LOAD * len(server.active_jobs) / settings.chat_max_rooms, 1.0)

    async def accept(request: JobRequest) -> None:
        if len(server.active_jobs) >= settings.chat_max_rooms:
            await request.reject(terminate=False)  # Another worker may have room.
        else:
            await request.accept(identity=IDENTITY, name=settings.chat_display_name)

    secret = settings.livekit_api_secret
    server = AgentServer(
        ws_url=settings.livekit_url,
        api_key=settings.livekit_api_key,
        api_secret=secret.get_secret_value() if secret is not None else None,
        # Only a worker in production is checked upon; the others would fight over the port.
        port=ServerEnvOption(dev_default=0, prod_default=settings.chat_health_port),
        load_fnc=load,
        # With a threshold, a burst of dispatches to an empty worker is refused all but a few.
        load_threshold=math.inf,
        # Else the first answer in each process waits for these imports.
        preload_modules=["assistant", "openai.lib.streaming.chat", "anyio._backends._asyncio"],
        # However long the server is away, the worker comes back by itself.
        max_retry=sys.maxsize,
    )
    server.rtc_session(
        hold_conversation,
        agent_name=settings.chat_agent_name,
        on_request=accept,
        on_session_end=end_conversation,
    )
    return server


@cache
def _shared_by_rooms(settings: Settings) -> Shared:
    return Shared(TurnSlots(settings.chat_max_turns))


def _options(settings: Settings) -> RoomOptions:
    overlap = settings.chat_overlap
    return RoomOptions(
        agent_name=settings.chat_display_name,
        overlap=None if overlap == "auto" else Overlap(overlap),
        mention=Mention(settings.chat_mention),
        greeting=settings.chat_greeting,
        closing_grace=settings.chat_closing_grace,
        max_message_bytes=settings.chat_max_message_bytes,
        limits=Limits(
            messages_per_minute=settings.chat_max_messages_per_minute,
            waiting=settings.chat_max_waiting,
            context_bytes=settings.chat_max_context_bytes,
        ),
    )


@cache
def _language_model(settings: Settings) -> LanguageModel:
    key = settings.openai_api_key
    return LanguageModel(
        model=settings.chat_model,
        api_key=key.get_secret_value() if key is not None else None,
        base_url=settings.openai_base_url,
        fallback_model=settings.chat_fallback_model,
    )


if __name__ == "__main__":
    settings = load_settings()
    check_for_command(settings, sys.argv[1:])
    prepare_for_console(sys.argv[1:])
    cli.run_app(create_server(settings))
