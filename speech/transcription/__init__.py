"""From the sound of utterances to their words, by a service with OpenAI's API.

``transcriber`` asks the service, one for a process; ``plausibility`` and ``ghosts`` know what nobody said; ``joining`` puts texts together.
"""

from .transcriber import Transcriber

__all__ = ["Transcriber"]
