"""The LLM: livekit-plugins-openai for OpenAI and everything compatible, one client a process.

Two places make services alike, and both are pure. In ``request`` a body goes in, and one comes out that
the service takes. In ``answer`` bytes go in, and regular ``chunks`` come out, or a ``failure`` with a
name; ``refusal_body`` reads what a service says of one, and ``refusal`` knows what that stands for, by
``refusal_words``.

Around them: ``client`` sends and ``chunk_stream`` reads, in its ``loop_share``; ``room_llm`` is what one
room's session is given, ``generation`` has the limits of a reply, and ``watched_request`` keeps them.
"""

from .chunks import WITHDRAWN, answered_part
from .failure import Failure, Remedy, describe_failure
from .model import LanguageModel
from .request import ModelChoices
from .room_llm import RoomLLM

__all__ = [
    "WITHDRAWN",
    "Failure",
    "LanguageModel",
    "ModelChoices",
    "Remedy",
    "RoomLLM",
    "answered_part",
    "describe_failure",
]
