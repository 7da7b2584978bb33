"""A LiveKit agent worker that chats in text: the front door.

    python agent.py dev | start | console --text | connect --room NAME

It puts the parts together, and nothing else: ``chat`` talks, ``assistant`` thinks, ``worker`` runs.
"""

import asyncio
import logging
import os
import sys
import warnings
from functools import cache
from importlib import import_module

# Voice models are not for a text chat, and take 240 MB. Read when the worker starts processes.
os.environ.setdefault("LIVEKIT_AGENTS_PRELOAD_LOCAL_INFERENCE", "0")

import uvloop
from livekit.agents import AgentServer, AutoSubscribe, JobContext, JobProcess, JobRequest, cli
from livekit.agents.worker import ServerEnvOption

from assistant import (
    LEAVING_LIMIT,
    LanguageModel,
    Limits,
    Mention,
    Overlap,
    ProcessResources,
    RoomAssistant,
    RoomOptions,
    TextAgent,
    TurnSlots,
    create_session,
    instructions,
    start_session,
)
from worker import hosting
from worker.console import prepare_for_console
from worker.settings import Settings, check_for_command, load_settings

IDENTITY = "agent-assistant"
"""The agent's identity, the same in every room and after every restart: clients merge edits by it,
and a second agent dispatched to a room by mistake takes the place of the first."""

SETTLE_LIMIT = 5.0
"""Seconds that a room that is to be left may still take to be connected."""

SESSION_END_LIMIT = SETTLE_LIMIT + LEAVING_LIMIT + 2.0
"""Seconds for leaving a room, beyond the reply's grace: all of it, and some to spare."""


def use_uvloop() -> None:
    """Have all event loops be uvloop's, those that LiveKit's command line makes, too."""
    with warnings.catch_warnings():
        # LiveKit's command line makes its loops by the policy, and has no other place to say which.
        # Python 3.14 warns of policies; 3.16 will have none.
        warnings.simplefilter("ignore", DeprecationWarning)
        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())


use_uvloop()

logger = logging.getLogger(__name__)

_assistants: dict[str, tuple[RoomAssistant, hosting.Connection]] = {}


async def hold_conversation(job: JobContext) -> None:
    """Chat in the job's room, or with the terminal in ``console``."""
    settings = load_settings()
    language_model = _language_model.get(job).for_room()
    if job.is_fake_job():
        session = create_session(language_model)
        await start_session(session, TextAgent(instructions()))
        return
    hosting.log_when_ready(job)
    assistant = RoomAssistant(
        job.room,
        language_model,
        _resources(settings),
        _options(settings),
        job_metadata=job.job.metadata,
    )
    connection = hosting.Connection(job, AutoSubscribe.SUBSCRIBE_NONE)
    _assistants[job.job.id] = assistant, connection
    await assistant.start(connection)


async def end_conversation(job: JobContext) -> None:
    """Complete what is being written. Shutdown callbacks would come after the room was left."""
    found = _assistants.pop(job.job.id, None)
    if found is not None:
        assistant, connection = found
        if not await connection.settled(SETTLE_LIMIT):
            logger.warning("room is left before it was connected")
        await assistant.aclose()


def create_server(settings: Settings) -> AgentServer:
    """Build the worker."""
    secret = settings.livekit_api_secret
    server, admission = hosting.create_server(
        settings.chat_isolation,
        settings.chat_max_rooms or hosting.max_rooms_here(settings.chat_isolation),
        ws_url=settings.livekit_url,
        api_key=settings.livekit_api_key,
        api_secret=secret.get_secret_value() if secret is not None else None,
        # Only a worker in production is checked upon; the others would fight over the port.
        port=ServerEnvOption(dev_default=0, prod_default=settings.chat_health_port),
        preload_modules=["assistant", *_IMPORTED_LATE],
        setup_fnc=prepare_process,
        session_end_timeout=SESSION_END_LIMIT + settings.chat_closing_grace,
    )

    async def accept(request: JobRequest) -> None:
        await admission.answer(request, identity=IDENTITY, name=settings.chat_display_name)

    server.rtc_session(
        hold_conversation,
        agent_name=settings.chat_agent_name,
        on_request=accept,
        on_session_end=end_conversation,
    )
    return server


_IMPORTED_LATE = ("openai.lib.streaming.chat", "anyio._backends._asyncio")
"""What the first answer in a process would wait for."""


def prepare_process(process: JobProcess) -> None:
    """Have ready what the first room would wait for."""
    hosting.keep_native_logs_native()
    for module in _IMPORTED_LATE:
        import_module(module)
    _language_model.warm(process)


def _create_language_model() -> LanguageModel:
    settings = load_settings()
    key = settings.openai_api_key
    return LanguageModel(
        model=settings.chat_model,
        api_key=key.get_secret_value() if key is not None else None,
        base_url=settings.openai_base_url,
        fallback_model=settings.chat_fallback_model,
    )


_language_model = hosting.PerProcess(_create_language_model, LanguageModel.aclose)


@cache
def _resources(settings: Settings) -> ProcessResources:
    return ProcessResources(TurnSlots(settings.chat_max_turns))


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
            bot_turns=settings.chat_bot_turns,
            waiting=settings.chat_max_waiting,
            context_bytes=settings.chat_max_context_bytes,
        ),
    )


if __name__ == "__main__":
    settings = load_settings()
    check_for_command(settings, sys.argv[1:])
    prepare_for_console(sys.argv[1:])
    cli.run_app(create_server(settings))
