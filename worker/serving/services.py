"""The services that the rooms of a process share: an LLM, and one for speech where people speak."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from assistant import LanguageModel
from speech.hearing import Ears, MicrophoneSlots
from speech.hearing.vad_model import find_silero
from speech.services import SpeechServices
from speech.transcription import Transcriber
from speech.voice import Synthesizer
from worker import hosting
from worker.settings import Settings
from worker.speech_service import speech_service

from .choices import language_model
from .worker_id import has_worker

if TYPE_CHECKING:
    from .memories import Memories


class Services:
    """What the rooms of a process ask for answers, and for words and sound."""

    def __init__(self, settings: Settings) -> None:
        """Make the LLM's client. Call it in the event loop that will use it."""
        self.language_model: LanguageModel = language_model(settings)
        """The LLM."""
        self.memories: Memories | None = _memories(settings)
        """What conversations are kept in; None keeps none."""
        self._settings = settings
        self._speech: SpeechServices | None = None

    def speech(self) -> SpeechServices:
        """Return what is shared of speech; the first room that is spoken in has it made."""
        if self._speech is None:
            self._speech = _speech_services(self._settings, self.language_model)
        return self._speech

    async def aclose(self) -> None:
        """Let go of all."""
        if self.memories is not None:
            await self.memories.aclose()
        if self._speech is not None:
            await self._speech.aclose()
        await self.language_model.aclose()


def _memories(settings: Settings) -> Memories | None:
    if settings.chat_memory is None or not has_worker():
        return None
    # It imports what is not installed without a store.
    from .memories import Memories

    return Memories(settings)


def microphone_slots(settings: Settings) -> MicrophoneSlots:
    """Return the places for microphones in this process, which are counted in a worker's load."""
    return _slots(settings.chat_max_microphones or hosting.max_microphones_here())


@cache
def _slots(most: int) -> MicrophoneSlots:
    return MicrophoneSlots(most)


def _speech_services(settings: Settings, model: LanguageModel) -> SpeechServices:
    service = speech_service(settings)
    client = model.client_for(service.base_url, service.api_key)
    return SpeechServices(
        Ears(find_silero, microphone_slots(settings)),
        Transcriber(client, model=settings.chat_stt_model, language=settings.chat_voice_language),
        Synthesizer(client, model=settings.chat_tts_model, voice=settings.chat_tts_voice),
    )
