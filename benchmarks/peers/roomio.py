"""An agent with the framework's own text output: replies go out on ``lk.transcription``."""

import os

from livekit.agents import (
    Agent,
    AgentServer,
    AgentSession,
    JobContext,
    TurnHandlingOptions,
    cli,
    room_io,
)
from livekit.plugins import openai

from benchmarks.peers.hosting import make_server

server: AgentServer = make_server()


@server.rtc_session()
async def converse(ctx: JobContext) -> None:
    """Answer in one room through RoomIO, text in and text out."""
    session: AgentSession[None] = AgentSession(
        llm=openai.LLM(model=os.environ.get("CHAT_MODEL", "gpt-4.1")),
        vad=None,
        turn_handling=TurnHandlingOptions(turn_detection="manual"),
    )
    await session.start(
        Agent(instructions="Answer briefly."),
        room=ctx.room,
        room_options=room_io.RoomOptions(audio_input=False, audio_output=False),
    )


if __name__ == "__main__":
    cli.run_app(server)
