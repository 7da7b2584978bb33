"""What the rooms of a process share to hear and to speak."""

from __future__ import annotations

from dataclasses import dataclass

from .hearing import Ears
from .transcription import Transcriber
from .voice import Synthesizer


@dataclass(frozen=True)
class SpeechServices:
    """What the rooms of a process share to hear and to speak. Nothing is loaded before it is needed."""

    ears: Ears
    """Hear microphones."""

    transcriber: Transcriber
    """Turns sound into words."""

    synthesizer: Synthesizer
    """Turns words into sound."""

    async def aclose(self) -> None:
        """Let go of all."""
        await self.ears.aclose()
        await self.transcriber.aclose()
        await self.synthesizer.aclose()
