"""Why a request to the LLM failed, in a word that quotes nobody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import openai
from livekit.agents import APIConnectionError, APIError, APIStatusError, APITimeoutError

from .client import RETRY_AFTER

CHAIN_LIMIT = 10
"""How far an exception's origins are followed: a chain may bite its own tail."""


@dataclass(frozen=True)
class Failure:
    """A request that failed."""

    cause: str
    """A neutral word for logs: ``timeout``, ``connection``, ``status 429``, ``error event``, or the
    name of an exception's type."""
    passing: bool = False
    """Whether the same request may well succeed a moment later."""
    retry_after: float | None = None
    """Seconds that the service wants to be left alone; None if it says nothing."""
    detail: str = ""
    """The service's own words, which may quote what it was asked."""


def describe_failure(error: APIError) -> Failure:
    """Say what an error of the LLM stands for."""
    detail = str(error)
    origins = list(_origins(error))
    if isinstance(error, APIStatusError):
        cause = f"status {error.status_code}"
        return Failure(cause, error.retryable, _retry_after(error.body), detail)
    if isinstance(error, APITimeoutError):
        return Failure("timeout", error.retryable, detail=detail)
    if isinstance(error, APIConnectionError) and _is_about_connection(origins):
        return Failure("connection", error.retryable, detail=detail)
    if any(isinstance(origin, openai.APIError) for origin in origins):
        return Failure("error event", error.retryable, detail=detail)
    return Failure(type(origins[0] if origins else error).__name__, detail=detail)


def _origins(error: BaseException) -> Iterator[BaseException]:
    for _ in range(CHAIN_LIMIT):
        if error.__cause__ is None:
            return
        error = error.__cause__
        yield error


def _is_about_connection(origins: list[BaseException]) -> bool:
    about = (openai.APIConnectionError, OSError)
    return not origins or any(isinstance(origin, about) for origin in origins)


def _retry_after(body: object) -> float | None:
    # It may also be a date, which nobody sends who speaks OpenAI's API.
    if isinstance(body, dict):
        with suppress(KeyError, ValueError):
            return max(0.0, float(body[RETRY_AFTER]))
    return None
