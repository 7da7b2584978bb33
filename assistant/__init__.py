"""Thinking: turns become replies. Knows ``AgentSession`` and the ``chat`` API, knows no wire.

A message goes through it like this: ``arrivals`` takes it from the chat, if the limits allow;
``conversation`` keeps it until ``consumer`` makes a turn of it; ``answering`` has the LLM generate
(``generation``, ``text_agent``) and the reply written (``text_output``, ``reply``), until it ends in
one way (``endings``). ``turns`` holds the values and the rules. ``presence`` lets clients see whether the
agent listens, thinks or speaks; ``room`` puts all of it together for one room.
"""

from .answering import ProcessResources
from .instructions import instructions
from .language_model import LanguageModel
from .limits import Limits, TurnSlots
from .mention import Mention
from .room import LEAVING_LIMIT, RoomAssistant, RoomOptions
from .session import create_session, start_session
from .text_agent import TextAgent
from .turns.overlap import Overlap

__all__ = [
    "LEAVING_LIMIT",
    "LanguageModel",
    "Limits",
    "Mention",
    "Overlap",
    "ProcessResources",
    "RoomAssistant",
    "RoomOptions",
    "TextAgent",
    "TurnSlots",
    "create_session",
    "instructions",
    "start_session",
]
