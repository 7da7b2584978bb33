"""The LLM: livekit-plugins-openai for OpenAI and everything compatible, one client a process.

``client`` is the HTTP side, ``chunks`` decodes what it streams, ``room_llm`` is what one room's
session is given, ``failure`` names what went wrong, ``surrogates`` mends broken characters.
"""

from .chunks import take_finish_reason, take_progress
from .failure import Failure, describe_failure
from .model import LanguageModel
from .room_llm import RoomLLM
from .surrogates import SurrogateJoiner

__all__ = [
    "Failure",
    "LanguageModel",
    "RoomLLM",
    "SurrogateJoiner",
    "describe_failure",
    "take_finish_reason",
    "take_progress",
]
