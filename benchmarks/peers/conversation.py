"""What the peers do in a room: an `AgentSession` with RoomIO, text in and text out.

RoomIO's output goes out on ``lk.transcription``, one write for each token.
"""

import os

from livekit.agents import Agent, AgentSession, JobContext, TurnHandlingOptions, room_io
from livekit.plugins import openai


async def converse_as_default(ctx: JobContext) -> None:
    """Answer in one room with the session that the framework builds when it is told nothing."""
    await _start(ctx, AgentSession[None](llm=_create_llm()))


async def converse_lean(ctx: JobContext) -> None:
    """Answer in one room with nothing of voice in the session."""
    session = AgentSession[None](
        llm=_create_llm(),
        vad=None,
        turn_handling=TurnHandlingOptions(turn_detection="manual"),
    )
    await _start(ctx, session)


async def _start(ctx: JobContext, session: AgentSession[None]) -> None:
    await session.start(
        Agent(instructions="Answer briefly."),
        room=ctx.room,
        room_options=room_io.RoomOptions(audio_input=False, audio_output=False),
    )


def _create_llm() -> openai.LLM:
    return openai.LLM(model=os.environ.get("CHAT_MODEL", "gpt-4.1"))
