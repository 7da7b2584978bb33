"""The agent of a text chat: it has the LLM answer, and reports how that ended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from livekit.agents import Agent, ModelSettings, llm

from assistant.language_model import Failure, Remedy, RoomLLM
from assistant.language_model.generation import (
    DEFAULT_LIMITS,
    Ending,
    Generation,
    GenerationFailedError,
    GenerationLimits,
)
from assistant.language_model.watched_request import WatchedRequest

logger = logging.getLogger(__name__)

RETRY_DELAY = 0.5
"""Seconds before the same model is asked again."""

MOST_LESSONS = 12
"""Requests that are made of one model in a row as each refusal teaches something."""

LONGEST_RETRY_DELAY = 5.0
"""Seconds that a service may ask to be left alone; one that wants more is not asked again."""


class TextAgent(Agent):
    """An agent whose LLM has time limits, and is asked twice if nothing was shown yet.

    The second request goes to the fallback model if there is one. Where that fails too, there is a
    line in the log, and the turn ends with `GenerationFailedError`.
    """

    def __init__(self, instructions: str, limits: GenerationLimits = DEFAULT_LIMITS) -> None:
        super().__init__(instructions=instructions)
        self._limits = limits
        self._reply: Generation | None = None
        self._latest: Generation | None = None

    def begin(self) -> None:
        """Start a new reply's limits. Without it, each request counts as a separate reply."""
        self._reply = self._latest = self._new_generation()

    @property
    def ending(self) -> Ending:
        """How the reply's generation ended. It is complete as long as nothing else is known."""
        return Ending.COMPLETE if self._latest is None else self._latest.ending

    @property
    def failure(self) -> Failure | None:
        """Why it failed; None if it did not."""
        return None if self._latest is None else self._latest.failure

    @property
    def thought(self) -> bool:
        """Whether the model thought."""
        return self._latest is not None and self._latest.thought

    async def llm_node(
        self, chat_ctx: llm.ChatContext, tools: list[llm.Tool], model_settings: ModelSettings
    ) -> AsyncGenerator[llm.ChatChunk, None]:
        """Ask the LLM, see `Agent.llm_node`."""
        self._latest = generation = self._reply or self._new_generation()
        models = _models_to_ask(self.session.llm)
        # Both requests must begin in the time for one; a silent model leaves half to another.
        first_token_due = asyncio.get_running_loop().time() + self._limits.first_token
        longest = self._limits.first_token / len(set(models))
        for model, next_model in zip(models, (*models[1:], None), strict=True):
            lessons = 0
            while True:
                request = WatchedRequest(generation, min(longest, _seconds_until(first_token_due)))
                async with aclosing(request.ask(model, chat_ctx, tools, model_settings)) as chunks:
                    async for chunk in chunks:
                        yield chunk
                failure = request.failure
                if failure is None:
                    return
                lessons += 1
                if request.shown or not failure.learned or lessons > MOST_LESSONS:
                    break
            delay = None if request.shown else _delay(failure, other=next_model is not model)
            due = min(first_token_due, generation.deadline)
            if next_model is None or delay is None or _seconds_until(due) <= delay:
                generation.fail(failure)
                _log("LLM request failed", failure, model)
                raise GenerationFailedError(failure.cause)
            _log("LLM request failed, retrying", failure, model)
            await asyncio.sleep(delay)

    def _new_generation(self) -> Generation:
        deadline = asyncio.get_running_loop().time() + self._limits.whole
        return Generation(self._limits, deadline)


def _models_to_ask(model: object) -> Sequence[llm.LLM[Any]]:
    if isinstance(model, RoomLLM):
        return model.attempts
    if isinstance(model, llm.LLM):
        return (model, model)
    raise TypeError(f"a text chat needs an LLM, not {type(model).__name__}")


def _seconds_until(due: float) -> float:
    return due - asyncio.get_running_loop().time()


def _delay(failure: Failure, *, other: bool) -> float | None:
    """Seconds before the next request; None if there is no point in one."""
    if failure.remedy is Remedy.REPHRASE:
        return None
    if other:
        return 0.0
    wanted = failure.retry_after or 0.0
    if not failure.passing or wanted > LONGEST_RETRY_DELAY:
        return None
    return max(RETRY_DELAY, wanted)


def _log(message: str, failure: Failure, model: llm.LLM[Any]) -> None:
    # Services quote what they were asked.
    extra = {"cause": failure.cause, "model": model.model, "lk.pii.detail": failure.detail}
    if failure.advice:
        extra["advice"] = failure.advice
    logger.warning(message, extra=extra)
