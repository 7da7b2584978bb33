"""An ``AgentSession`` for text alone: no room I/O, no voice models, nobody else at the controls."""

from __future__ import annotations

import sys
from typing import Any

from livekit.agents import Agent, AgentSession, APIConnectOptions, llm
from livekit.agents.voice.agent_session import SessionConnectOptions
from livekit.agents.voice.io import TextOutput

LLM_SILENCE_LIMIT = 30.0
"""Seconds the LLM may take to connect, and between two pieces of its answer."""

LLM_RETRIES = 1
"""Retries of a failed request. The plugin makes none once text was produced: it would come twice."""


def create_session(language_model: llm.LLM[Any]) -> AgentSession[None]:
    """Build a session that neither hears nor speaks."""
    return AgentSession[None](
        llm=language_model,
        vad=None,
        turn_handling={"turn_detection": "manual"},
        user_away_timeout=None,
        conn_options=SessionConnectOptions(
            llm_conn_options=APIConnectOptions(
                max_retry=LLM_RETRIES,
                timeout=LLM_SILENCE_LIMIT,
            ),
            # A conversation outlives any number of failed answers.
            max_unrecoverable_errors=sys.maxsize,
        ),
    )


async def start_session(
    session: AgentSession[None], instructions: str, output: TextOutput | None
) -> None:
    """Start a session.

    It is not given the room: RoomIO would listen to one participant only, write replies to
    ``lk.transcription``, and let every participant read the instructions and drive the session.

    Args:
        session: One that `create_session` built.
        instructions: What the LLM is told first.
        output: Where replies go; None leaves the console's own.
    """
    if output is not None:
        session.output.transcription = output
    await session.start(Agent(instructions=instructions), session_host=False, record=False)
