"""A service that is left alone for a while after it failed, so that no outage becomes a storm.

Transcription and voice have one each, for a process: a service may have either, or be short of one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from livekit.agents import APIError

from .circuit import Circuit
from .trouble import TIMEOUT, Failure, TroubleError, failure_of
from .utterance import Trouble

logger = logging.getLogger(__name__)

AT_ONCE = 8
"""Requests of a process that are under way at most; others wait."""

_ADVICE = {
    Trouble.UNREACHABLE: "is OPENAI_SPEECH_BASE_URL right and up?",
    Trouble.REFUSED: "check OPENAI_SPEECH_BASE_URL, OPENAI_SPEECH_API_KEY and the model",
}


class SpeechService:
    """Lets requests pass, a few at a time, as long as the service works, see `Circuit`.

    In an outage they fail with its trouble, without being sent.
    """

    def __init__(self, name: str, *, at_once: int = AT_ONCE) -> None:
        """Let everything pass.

        Args:
            name: What is wanted of it, a neutral word for logs.
            at_once: Requests that are under way at most.
        """
        self._name = name
        self._slots = asyncio.Semaphore(at_once)
        self._circuit = Circuit()
        self._out_since = 0.0

    @property
    def outage(self) -> Trouble | None:
        """Why no request would be sent now; None if one would be."""
        failure = self._circuit.refusal(_now())
        return failure.trouble if failure is not None else None

    @contextlib.asynccontextmanager
    async def request(self, limit: float | None = None) -> AsyncIterator[None]:
        """Make one request inside of this. Raise `TroubleError` there for an answer that is none.

        Args:
            limit: Seconds that it may take, waiting for others included; None for no limit.

        Raises:
            TroubleError: It failed, or the service is left alone.
        """
        self._check()
        try:
            async with asyncio.timeout(limit) as deadline, self._slots:
                # It may have failed for those that were waited for.
                self._check()
                async with self._attempt(deadline):
                    yield
        except TimeoutError:
            raise TroubleError(TIMEOUT) from None

    @contextlib.asynccontextmanager
    async def _attempt(self, deadline: asyncio.Timeout) -> AsyncIterator[None]:
        attempt = self._circuit.begin(_now())
        failure: Failure | None = None
        is_answered = False
        try:
            yield
            is_answered = True
        except TroubleError as error:
            failure = error.failure
            raise
        except (APIError, TimeoutError) as error:
            failure = failure_of(error)
            raise TroubleError(failure) from error
        finally:
            # The deadline comes as a cancellation, like the end of whoever asked.
            if not is_answered and failure is None and deadline.expired():
                failure = TIMEOUT
            if is_answered:
                self._note_answer(self._circuit.worked(attempt))
            elif failure is not None:
                self._note_failure(self._circuit.failed(attempt, failure, _now()), failure)
            else:
                self._circuit.gave_up(attempt)

    def _check(self) -> None:
        failure = self._circuit.refusal(_now())
        if failure is not None:
            raise TroubleError(failure)

    def _note_failure(self, is_news: bool, failure: Failure) -> None:
        if not is_news:
            return
        self._out_since = self._out_since or _now()
        extra = {
            "service": self._name,
            "cause": failure.cause,
            "trouble": failure.trouble.value,
            "lk.pii.detail": failure.detail,
        }
        if failure.trouble in _ADVICE:
            extra["advice"] = _ADVICE[failure.trouble]
        logger.warning("the speech service does not work", extra=extra)

    def _note_answer(self, was_out: bool) -> None:
        if was_out:
            extra = {"service": self._name, "seconds": round(_now() - self._out_since, 1)}
            self._out_since = 0.0
            logger.info("the speech service works again", extra=extra)


def _now() -> float:
    return asyncio.get_running_loop().time()
