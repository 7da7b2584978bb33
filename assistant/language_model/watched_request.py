"""One request to the LLM, whose answer is watched."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from livekit.agents import NOT_GIVEN, APIConnectOptions, APIError, ModelSettings, llm

from .failure import TIMEOUT, Failure, describe_failure
from .generation import Generation, Sign
from .surrogates import SurrogateJoiner


class WatchedRequest:
    """Passes an answer on, and ends it if it exceeds its limits."""

    def __init__(self, generation: Generation, first_token: float) -> None:
        """Nothing is asked before `ask`.

        Args:
            generation: What is left for the reply that the answer belongs to.
            first_token: Seconds that the answer may take to begin.
        """
        self._generation = generation
        self._first_token = first_token
        self._characters = SurrogateJoiner()
        self.shown = False
        """Whether any of the answer was passed on: then it cannot be asked for again."""
        self.failure: Failure | None = None
        """What went wrong, once all was passed on."""

    async def ask(
        self,
        model: llm.LLM[Any],
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool],
        settings: ModelSettings,
    ) -> AsyncGenerator[llm.ChatChunk, None]:
        """Pass the answer on as it comes. Closed before its end, it closes the connection at once."""
        # The limit is for a server that is silent altogether; whether what it sends is an answer
        # is for the watch in here.
        options = APIConnectOptions(max_retry=0, timeout=self._first_token)
        choice = settings.tool_choice if settings else NOT_GIVEN
        try:
            async with model.chat(
                chat_ctx=chat_ctx, tools=tools, tool_choice=choice, conn_options=options
            ) as stream:
                async for chunk in self._pass_on(stream):
                    yield chunk
        except TimeoutError:
            self.failure = TIMEOUT
        except APIError as error:
            self.failure = describe_failure(error)

    async def _pass_on(self, stream: llm.LLMStream) -> AsyncGenerator[llm.ChatChunk, None]:
        generation, clock = self._generation, asyncio.get_running_loop().time
        limits = generation.limits
        due, longest = clock() + self._first_token, clock() + limits.thinking
        while not generation.exhausted:
            async with asyncio.timeout_at(min(due, generation.deadline)):
                chunk = await anext(stream, None)
            if chunk is None:
                return
            sign = generation.admit(chunk, self._characters)
            if chunk.usage is not None or _says_something(chunk.delta):
                self.shown = self.shown or chunk.has_response()
                yield chunk
            if sign is Sign.ANSWER:
                due, longest = clock() + limits.gap, clock() + limits.thinking
            elif sign is Sign.THOUGHT:
                # Until its first word a model may be as silent between two thoughts as before them.
                due = min(max(due, clock() + limits.gap), longest)


def _says_something(delta: llm.ChoiceDelta | None) -> bool:
    return delta is not None and bool(delta.content or delta.tool_calls or delta.extra)
