"""Thinking: turns become replies. Knows ``AgentSession`` and the ``chat`` API, knows no wire.

A message goes through it like this: ``conversation`` takes it from the chat and has the session
generate; ``text_output`` is where the session's text comes out; ``reply`` writes it to the chat, one
growing message a reply; ``presence`` lets clients see whether the agent listens, thinks or speaks;
``room`` puts these together for one room.
"""

from .language_model import create_llm
from .reply import GrowingReplies
from .room import RoomAssistant
from .session import create_session, start_session

__all__ = ["GrowingReplies", "RoomAssistant", "create_llm", "create_session", "start_session"]
