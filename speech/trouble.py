"""What it stands for that a request to the speech service failed. Pure."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import openai
from livekit.agents import APIConnectionError, APIError, APIStatusError, APITimeoutError

from .utterance import Trouble

CHAIN_LIMIT = 10
"""How far an exception's origins are followed: a chain may bite its own tail."""

_STATUSES = {
    401: Trouble.REFUSED,
    402: Trouble.REFUSED,
    403: Trouble.REFUSED,
    404: Trouble.REFUSED,
    405: Trouble.REFUSED,
    408: Trouble.SLOW,
    410: Trouble.REFUSED,
    425: Trouble.BUSY,
    429: Trouble.BUSY,
    501: Trouble.REFUSED,
    504: Trouble.SLOW,
}

_OPERATORS = re.compile(
    r"\bmodels?\b|model_|api[ _-]?key|['\"](?:language|voice)['\"]", re.IGNORECASE
)
"""In a service's words for a bad request: what stands in the settings, so that each request has it."""

_NO_CREDIT = re.compile(r"insufficient_quota|billing|credit balance", re.IGNORECASE)


@dataclass(frozen=True)
class Failure:
    """A request that failed."""

    trouble: Trouble
    """What people are told."""
    cause: str
    """A neutral word for logs: ``status 429``, ``timeout``, ``connection``, or an exception's type."""
    is_about_service: bool = True
    """Whether another request would fail too; False if it was for what this one asked."""
    retry_after: float | None = None
    """Seconds that the service wants to be left alone; None if it says nothing."""
    detail: str = ""
    """The service's own words, which may quote what it was asked."""


NO_ANSWER = Failure(Trouble.FAILED, "no answer")
"""The service sent something else than what it was asked for."""

TIMEOUT = Failure(Trouble.SLOW, "timeout")
"""The time that a request may take is over."""

CONNECTION = Failure(Trouble.UNREACHABLE, "connection")
"""There is no connection, or it broke off."""


class TroubleError(Exception):
    """Something could not be transcribed, or spoken. Its text is the neutral word for the cause."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.cause)
        self.failure = failure
        """What went wrong."""

    @property
    def trouble(self) -> Trouble:
        """What people are told."""
        return self.failure.trouble


def failure_of(error: APIError | TimeoutError) -> Failure:
    """Say what an error of a livekit plugin for OpenAI's API stands for."""
    if isinstance(error, APIStatusError):
        return _of_status(error)
    if isinstance(error, TimeoutError):
        return TIMEOUT
    if not isinstance(error, APIConnectionError):
        return Failure(Trouble.FAILED, type(error).__name__, detail=str(error))
    return _of_connection(error)


def _of_status(error: APIStatusError) -> Failure:
    status, words = error.status_code, f"{error.message} {error.body}"
    trouble = Trouble.FAILED
    if 300 <= status < 400 or _NO_CREDIT.search(words):
        trouble = Trouble.REFUSED
    elif status in _STATUSES:
        trouble = _STATUSES[status]
    elif status in (400, 422) and _OPERATORS.search(words):
        trouble = Trouble.REFUSED
    return Failure(
        trouble,
        f"status {status}",
        is_about_service=trouble is not Trouble.FAILED or status >= 500,
        retry_after=_retry_after(error),
        detail=words,
    )


def _of_connection(error: APIConnectionError) -> Failure:
    # Over aiohttp a connection that is refused or cut comes out as a timeout too.
    origins = list(_origins_of(error))
    if any(isinstance(each, TimeoutError) for each in origins):
        return TIMEOUT
    if not origins:
        return TIMEOUT if isinstance(error, APITimeoutError) else CONNECTION
    if any(isinstance(each, openai.APIConnectionError | OSError) for each in origins):
        return CONNECTION
    # The plugin takes for a connection's error what it finds wrong with an answer.
    return Failure(Trouble.FAILED, type(origins[0]).__name__, detail=str(origins[0]))


def _origins_of(error: BaseException) -> Iterator[BaseException]:
    """What caused an exception, what caused that, and so on, though the plugin hides it."""
    for _ in range(CHAIN_LIMIT):
        origin = error.__cause__ or error.__context__
        if origin is None:
            return
        error = origin
        yield error


def _retry_after(error: APIStatusError) -> float | None:
    for origin in _origins_of(error):
        if isinstance(origin, openai.APIStatusError):
            return read_retry_after(origin.response.headers)
    return None


def read_retry_after(headers: Mapping[str, str]) -> float | None:
    """Return how many seconds a service wants to be left alone, though it may tell a date."""
    wanted = headers.get("retry-after", "")
    try:
        seconds = float(wanted)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(wanted).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return None
    # Also false for what is no number.
    return seconds if seconds >= 0 else None
