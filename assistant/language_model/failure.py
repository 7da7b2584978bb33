"""Why a request to the LLM failed, in a word that quotes nobody, and what people can do about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from livekit.agents import APIConnectionError, APIError, APIStatusError, APITimeoutError

CHAIN_LIMIT = 10
"""How far an exception's origins are followed: a chain may bite its own tail."""


class Remedy(Enum):
    """What helps against a failure."""

    ASK_AGAIN = "ask again"
    """It may well be gone a moment later."""

    WAIT = "wait"
    """The service has too much to do."""

    SHORTEN = "shorten"
    """The message by itself is too long for the model."""

    REPHRASE = "rephrase"
    """The service does not answer this for its content."""

    OPERATOR = "operator"
    """Whoever runs the worker has to change something."""


@dataclass(frozen=True)
class Failure:
    """A request that failed."""

    cause: str
    """A neutral word for logs: ``timeout``, ``connection``, ``status 429``, ``error event``, ``broke
    off``, ``too long``, ``content filter``, or the name of an exception's type."""
    passing: bool = False
    """Whether the same request may well succeed a moment later."""
    remedy: Remedy = Remedy.ASK_AGAIN
    """What helps."""
    retry_after: float | None = None
    """Seconds that the service wants to be left alone; None if it says nothing."""
    learned: bool = False
    """Whether it taught something, so that the next request is another one."""
    advice: str = ""
    """What the operator can do, in a neutral line."""
    detail: str = ""
    """The service's own words, which may quote what it was asked."""


TIMEOUT = Failure("timeout", passing=True)
CONNECTION = Failure("connection", passing=True, advice="is OPENAI_BASE_URL right and up?")
BROKE_OFF = Failure("broke off", passing=True)


class AnswerFailedError(Exception):
    """A request failed, or its answer did. Its text is the neutral word for the cause."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.cause)
        self.failure = failure
        """What went wrong."""


def describe_failure(error: APIError) -> Failure:
    """Say what an error of the LLM stands for."""
    origins = list(origins_of(error))
    known = next((origin for origin in origins if isinstance(origin, AnswerFailedError)), None)
    if known is not None:
        return known.failure
    detail = str(error)
    if isinstance(error, APIStatusError):
        return Failure(f"status {error.status_code}", error.retryable, detail=detail)
    if isinstance(error, APITimeoutError):
        return Failure("timeout", error.retryable, detail=detail)
    if isinstance(error, APIConnectionError) and _is_about_connection(origins):
        return Failure("connection", error.retryable, detail=detail)
    return Failure(type(origins[0] if origins else error).__name__, detail=detail)


def origins_of(error: BaseException) -> Iterator[BaseException]:
    """What caused an exception, what caused that, and so on, as far as `CHAIN_LIMIT`."""
    for _ in range(CHAIN_LIMIT):
        if error.__cause__ is None:
            return
        error = error.__cause__
        yield error


def _is_about_connection(origins: list[BaseException]) -> bool:
    return not origins or any(isinstance(origin, OSError) for origin in origins)
