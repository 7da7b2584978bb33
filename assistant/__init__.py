"""Thinking: turns become replies. Knows ``AgentSession`` and the ``chat`` API, knows no wire.

A message goes through it from top to bottom, and imports point the same way:

    room            one room: its parts put together
    arriving        what people write and say becomes a question, an edit, a deletion or a stop
    conversation    what those do to the turns of the room
    answering       one turn answered: the LLM generates, a reply grows, and ends in one way
    language_model  one request to the LLM and its answer
    turns           the values and the rules; no I/O

Beside them ``people``: who is there, and what they see of the agent; and ``speaking``: how its voice gives
way to theirs.
"""

from .answering.answering import ProcessResources
from .answering.instructions import instructions
from .answering.session import create_session, start_session
from .answering.slots import TurnSlots
from .answering.text_agent import TextAgent
from .arriving.limits import Limits
from .arriving.mention import Mention
from .language_model import LanguageModel, ModelChoices
from .language_model.generation import GenerationLimits
from .memory.memory import RoomMemory
from .options import RoomOptions, VoiceMode
from .room import LEAVING_LIMIT, RoomAssistant
from .turns.dates import Dates
from .turns.overlap import Overlap

__all__ = [
    "LEAVING_LIMIT",
    "Dates",
    "GenerationLimits",
    "LanguageModel",
    "Limits",
    "Mention",
    "ModelChoices",
    "Overlap",
    "ProcessResources",
    "RoomAssistant",
    "RoomMemory",
    "RoomOptions",
    "TextAgent",
    "TurnSlots",
    "VoiceMode",
    "create_session",
    "instructions",
    "start_session",
]
