"""An ``AgentSession`` for text only: no room I/O, no voice models, and one owner."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from livekit.agents import AgentSession, APIConnectOptions, llm

from .text_agent import TextAgent
from .text_output import ReplyTextOutput


class OwnedSession(AgentSession[None]):
    """A session that ends when its owner says so.

    A job that ends closes its session before anything else, and with it the reply that has its grace.
    """

    async def aclose(self) -> None:
        """Do nothing: the job calls this. It ends what is still open after its last callback."""

    async def end(self) -> None:
        """Close the session."""
        await super().aclose()


@dataclass
class TextSession:
    """A session, its agent, and where its text comes out."""

    session: OwnedSession
    agent: TextAgent
    output: ReplyTextOutput

    async def start(self) -> None:
        """Start the session, see `start_session`."""
        self.session.output.transcription = self.output
        await start_session(self.session, self.agent)

    def forget(self) -> None:
        """Forget what was said and what happened; what the LLM is told comes with each turn anew."""
        self.session.history.items.clear()
        # Kept for a report of the session, also by sessions that are not recorded (1.8.9, `emit`).
        events: list[Any] = getattr(self.session, "_recorded_events", [])
        events.clear()

    async def aclose(self) -> None:
        """End the session."""
        await self.session.end()


def create_session(language_model: llm.LLM[Any]) -> OwnedSession:
    """Build a session without speech."""
    return OwnedSession(
        llm=language_model,
        vad=None,
        turn_handling={"turn_detection": "manual"},
        user_away_timeout=None,
        **_connect_options(),
    )


def _connect_options() -> dict[str, Any]:
    try:
        from livekit.agents.voice.agent_session import SessionConnectOptions

        options = SessionConnectOptions(
            # The agent retries, and knows whether anything was already shown.
            llm_conn_options=APIConnectOptions(max_retry=0),
            # A conversation outlives any number of failed answers.
            max_unrecoverable_errors=sys.maxsize,
        )
    except (ImportError, TypeError):
        # The class is not exported; the worker looks for it at start and says what is lost.
        return {}
    return {"conn_options": options}


async def start_session(session: AgentSession[None], agent: TextAgent) -> None:
    """Start a session.

    It is not given the room: RoomIO would listen to one participant only, write replies to
    ``lk.transcription``, and let every participant read the instructions and drive the session.

    Args:
        session: One that `create_session` built.
        agent: What it runs.
    """
    await session.start(agent, session_host=False, record=False)
