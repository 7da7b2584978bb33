"""Who turns speech into text and text into speech for the agent of `make dev`."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from worker.devstack.checks import check_speech
from worker.devstack.commands import Report
from worker.devstack.errors import StackError
from worker.devstack.local_speech import LocalSpeech, install, say_off
from worker.devstack.paths import RUN
from worker.devstack.process import Child
from worker.devstack.speech_models import are_installed
from worker.settings import Settings
from worker.speech_service import speech_service

VOICE = "speak"
"""What CHAT_VOICE is, unless it is set: all that there is can be tried."""


class SpeechSource(Enum):
    """Who that may be."""

    NOBODY = "nobody"
    """People type."""

    SERVICE = "service"
    """A service that the settings name."""

    LOCAL = "local"
    """Small models on this machine."""


@dataclass(frozen=True)
class Speech:
    """Who it is in one run."""

    environment: Mapping[str, str]
    """The agent's variables for it."""

    servers: tuple[tuple[Child, Path], ...] = field(default=())
    """What was started for it, with its log."""

    @property
    def is_heard(self) -> bool:
        """Whether people can speak."""
        return self.environment.get("CHAT_VOICE") != "off"


_OFF = Speech({"CHAT_VOICE": "off"})


def speech_source(settings: Settings) -> SpeechSource:
    """Return who the settings choose: of the services for LLMs, OpenAI alone is known to have speech."""
    if "chat_voice" in settings.model_fields_set and settings.chat_voice == "off":
        return SpeechSource.NOBODY
    is_named = settings.openai_speech_base_url or settings.openai_speech_api_key
    is_openai = settings.openai_api_key and not settings.openai_base_url
    return SpeechSource.SERVICE if is_named or is_openai else SpeechSource.LOCAL


def prepare_speech(settings: Settings, report: Report) -> None:
    """Install what speech needs, or check the service.

    Raises:
        StackError: The service does not work.
    """
    match speech_source(settings):
        case SpeechSource.SERVICE:
            check_speech(settings)
        case SpeechSource.LOCAL:
            install(report)


def start_speech(settings: Settings, running: ExitStack, report: Report) -> Speech:
    """Start what was prepared, until the stack of contexts ends, and say in a line who it is."""
    unchosen = {} if "chat_voice" in settings.model_fields_set else {"CHAT_VOICE": VOICE}
    match speech_source(settings):
        case SpeechSource.SERVICE:
            url = speech_service(settings).base_url
            report(f"using {url} for speech; CHAT_VOICE=off turns it off")
            # Named, for it would follow the LLM's URL, which may be a local model's by now.
            return Speech(unchosen | {"OPENAI_SPEECH_BASE_URL": url})
        case SpeechSource.LOCAL if are_installed():
            return _start_models(unchosen, running, report)
    return _OFF


def _start_models(unchosen: dict[str, str], running: ExitStack, report: Report) -> Speech:
    log = RUN / "local-speech.log"
    try:
        local = running.enter_context(LocalSpeech.start(log=log))
    except StackError as error:
        say_off(error, report)
        return _OFF
    report(
        "using built-in test models for speech (small, English only); "
        "set OPENAI_SPEECH_BASE_URL for a real service"
    )
    environment = unchosen | {"OPENAI_SPEECH_BASE_URL": local.base_url}
    return Speech(environment, ((local.process, log),))
