"""From the sound of utterances to their words, by a service with OpenAI's API.

``transcriber`` asks the service, one for a process; ``transcription`` tells what a room's participants
say, in order; ``plausibility`` and ``ghosts`` know what nobody said; ``joining`` puts texts together.
"""

from .transcriber import Transcriber
from .transcription import Transcription

__all__ = ["Transcriber", "Transcription"]
