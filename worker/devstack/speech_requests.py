"""Reads requests for speech as OpenAI's API has them, and refuses in its words what is none."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from aiohttp import web

from worker.devstack.form import read_form

LARGEST_REQUEST = 8 * 1024 * 1024
"""Bytes of a sound file: four minutes of what this project sends."""

LONGEST_TEXT = 4_096
"""Characters that are spoken for one request, as OpenAI has it."""

TEXT_FORMATS = ("json", "verbose_json", "text")
"""How a transcript may be wanted."""

SOUND_FORMATS = ("pcm", "wav")
"""How speech may be wanted."""

_SLOWEST, _FASTEST = 0.25, 4.0


class RefusedError(Exception):
    """A request that is not answered; its text says why, and nothing of what the request said."""

    def __init__(self, reason: str, status: int = 400) -> None:
        """Refuse with an HTTP status."""
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class TranscriptionRequest:
    """Sound whose words are wanted."""

    file: bytes = field(repr=False)
    """A sound file, not looked at yet."""

    response_format: str = "json"
    """One of `TEXT_FORMATS`."""


@dataclass(frozen=True)
class SpeechRequest:
    """Text that is to be spoken."""

    input: str = field(repr=False)
    """What to say: something, and not too much."""

    response_format: str
    """One of `SOUND_FORMATS`."""

    speed: float = 1.0
    """How fast to speak; 1 is the voice's own pace."""


def error_body(reason: str) -> dict[str, object]:
    """Return what OpenAI's API answers where it refuses."""
    error = {"message": reason, "type": "invalid_request_error", "param": None, "code": None}
    return {"error": error}


async def read_transcription_request(request: web.Request) -> TranscriptionRequest:
    """Read a form, into memory alone: what people say is not written to a file.

    Raises:
        RefusedError: It is no such form.
        web.HTTPRequestEntityTooLarge: It is larger than the application takes.
    """
    if request.content_type != "multipart/form-data":
        raise RefusedError("send the sound as multipart/form-data")
    try:
        fields = read_form(await request.read(), request.headers["Content-Type"])
    except ValueError as error:
        raise RefusedError(f"the form cannot be read: {error}") from error
    if "file" not in fields:
        raise RefusedError("the form has no file")
    wanted = fields.get("response_format", b"json").decode(errors="replace")
    return TranscriptionRequest(fields["file"], _one_of(wanted, TEXT_FORMATS))


async def read_speech_request(request: web.Request) -> SpeechRequest:
    """Read a JSON body.

    Raises:
        RefusedError: It is no such body, or asks for what there is not.
        web.HTTPRequestEntityTooLarge: It is larger than the application takes.
    """
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError) as error:
        raise RefusedError("the body is not JSON") from error
    text = body.get("input") if isinstance(body, dict) else None
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST_TEXT:
        raise RefusedError(f"input has to be a text of 1 to {LONGEST_TEXT} characters")
    speed = body.get("speed", 1.0)
    if not isinstance(speed, (int, float)) or not _SLOWEST <= speed <= _FASTEST:
        raise RefusedError(f"speed has to be a number from {_SLOWEST} to {_FASTEST}")
    # mp3 is what OpenAI takes for granted; there is no encoder here.
    wanted = _one_of(body.get("response_format", "mp3"), SOUND_FORMATS)
    return SpeechRequest(text, wanted, speed)


def _one_of(wanted: object, known: tuple[str, ...]) -> str:
    for each in known:
        if wanted == each:
            return each
    raise RefusedError(f"response_format has to be one of {', '.join(known)}")
