"""The agent's voice: replies become sentences to speak, and those become sound in its track.

A `Voice` for each room, and one `Synthesizer` for the process, which asks a service with OpenAI's API.

    voice          what a room hears, now or soon
    lineup         which sound is next: a ``spoken_reply`` after the other, each ``sound`` asked for in time
    sentences      where a growing text is cut, by ``sentence_ends`` and ``markup``; ``speakable`` reads it
    playback       frames of sound in the ``agent_track``, which can be paused
    echo           what was spoken a moment ago, to know it again
"""

from .synthesizer import Synthesizer
from .voice import Voice

__all__ = ["Synthesizer", "Voice"]
