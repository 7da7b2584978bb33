"""The time limits of one answer, without waiting for them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from livekit.agents import (
    DEFAULT_API_CONNECT_OPTIONS,
    APIConnectionError,
    APIConnectOptions,
    ModelSettings,
    llm,
)

from assistant.language_model.failure import TIMEOUT, Failure
from assistant.language_model.generation import Generation, GenerationLimits
from assistant.language_model.watched_request import WatchedRequest
from tests.unit.assistant.language_model.test_generation import chunk
from tests.virtual_time import run_in_virtual_time

LIMITS = GenerationLimits(first_token=60.0, gap=30.0, thinking=300.0, whole=600.0, max_chars=10)
THOUGHT, WORD, NOTHING = "thought", "word", "nothing"
Step = float | str | Exception


class ScriptedStream(llm.LLMStream):
    """Pauses in seconds, chunks, errors."""

    async def _run(self) -> None:
        assert isinstance(self._llm, ScriptedLLM)
        for step in self._llm.steps:
            if isinstance(step, Exception):
                raise step
            if isinstance(step, str):
                made = {THOUGHT: chunk(thought=True), WORD: chunk("Hi"), NOTHING: chunk("")}
                self._event_ch.send_nowait(made[step])
            else:
                await asyncio.sleep(step)


class ScriptedLLM(llm.LLM[Any]):
    """An LLM whose every answer is the same."""

    def __init__(self, steps: Sequence[Step]) -> None:
        super().__init__()
        self.steps = steps

    def chat(
        self,
        *,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool] | None = None,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
        **_: Any,
    ) -> llm.LLMStream:
        return ScriptedStream(self, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options)


class Watched:
    """What came of a request."""

    def __init__(self, steps: Sequence[Step], limits: GenerationLimits = LIMITS) -> None:
        self.text = ""
        self.seconds = 0.0
        self.failure: Failure | None = None
        self.shown = False
        run_in_virtual_time(self._ask(ScriptedLLM(steps), limits))

    async def _ask(self, model: llm.LLM[Any], limits: GenerationLimits) -> None:
        clock = asyncio.get_running_loop().time
        started = clock()
        request = WatchedRequest(Generation(limits, started + limits.whole), limits.first_token)
        context = llm.ChatContext.empty()
        async for each in request.ask(model, context, [], ModelSettings()):
            self.text += (each.delta.content if each.delta else None) or ""
        self.seconds, self.failure, self.shown = clock() - started, request.failure, request.shown


def repeated(step: str, pause: float, times: int) -> list[Step]:
    return [each for _ in range(times) for each in (pause, step)]


@pytest.mark.parametrize(
    ("steps", "seconds"),
    [
        ([1_000.0, WORD], 60.0),
        (repeated(NOTHING, 5.0, 100), 60.0),
        ([10.0, WORD, 1_000.0], 40.0),
        ([10.0, WORD, *repeated(NOTHING, 5.0, 100)], 40.0),
        ([10.0, THOUGHT, 1_000.0], 60.0),
        ([50.0, THOUGHT, 1_000.0], 80.0),
        (repeated(THOUGHT, 20.0, 100), 300.0),
        ([10.0, WORD, *repeated(THOUGHT, 20.0, 100)], 310.0),
        ([*repeated(THOUGHT, 20.0, 10), WORD, *repeated(THOUGHT, 20.0, 100)], 500.0),
        ([*repeated(THOUGHT, 20.0, 5), 1_000.0], 130.0),
        ([10.0, WORD, 10.0, THOUGHT, 1_000.0], 50.0),
        (repeated(WORD, 20.0, 100), 120.0),
        (repeated(THOUGHT, 20.0, 10) + [WORD, *repeated(THOUGHT, 20.0, 14), WORD] * 5, 600.0),
    ],
)
def test_when_a_request_is_given_up(steps: list[Step], seconds: float) -> None:
    watched = Watched(steps)
    if len(watched.text) < LIMITS.max_chars:
        assert watched.failure is TIMEOUT
    assert watched.seconds == pytest.approx(seconds)
    assert watched.shown is (WORD in steps and bool(watched.text))


@pytest.mark.parametrize(
    "steps",
    [
        [59.0, WORD, 29.0, WORD],
        [*repeated(THOUGHT, 25.0, 11), WORD],
        [WORD, *repeated(THOUGHT, 25.0, 11), WORD, *repeated(THOUGHT, 25.0, 11), WORD],
    ],
)
def test_who_goes_on_in_time_is_let_go_on(steps: list[Step]) -> None:
    watched = Watched(steps)
    assert watched.failure is None
    assert watched.text == "Hi" * steps.count(WORD)


def test_an_error_of_the_llm_is_a_failure() -> None:
    watched = Watched([WORD, APIConnectionError("my secret")])
    assert watched.failure is not None
    assert watched.failure.cause == "connection"
    assert watched.text == "Hi"


def test_no_more_than_the_largest_reply_is_asked_for() -> None:
    watched = Watched(repeated(WORD, 1.0, 100))
    assert watched.text == "HiHiHiHiHi"
    assert watched.failure is None
