"""Which service turns speech into text and text into speech, and which key it is sent. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx2

from worker.settings import Settings

OPENAI_URL = "https://api.openai.com/v1"
"""Where OpenAI itself is."""


@dataclass(frozen=True)
class SpeechService:
    """A service with OpenAI's API for speech."""

    base_url: str
    """Its URL, up to ``/v1``."""

    api_key: str | None = field(repr=False)
    """The key to send; None sends none."""


def speech_service(settings: Settings) -> SpeechService:
    """Return the service that the settings name for speech: the LLM's, unless it is another one.

    The LLM's key goes to no other server than the LLM's.
    """
    llm_url = settings.openai_base_url or OPENAI_URL
    base_url = settings.openai_speech_base_url or llm_url
    key = settings.openai_speech_api_key
    if key is None and _server(base_url) == _server(llm_url):
        key = settings.openai_api_key
    return SpeechService(base_url, key.get_secret_value() if key is not None else None)


def _server(url: str) -> object:
    """Return what tells servers apart: a key that is sent to one is seen by no other.

    The URL is taken apart as the client does it that sends the key.
    """
    try:
        parts = httpx2.URL(url)
    except httpx2.InvalidURL:  # It is like itself only.
        return url
    return parts.scheme, parts.netloc
