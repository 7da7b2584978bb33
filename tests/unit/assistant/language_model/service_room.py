"""A whole room whose LLM service gives the answers of a sample."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

from livekit.agents import function_tool

import prompts
from assistant.answering.text_agent import TextAgent
from assistant.language_model import LanguageModel
from chat import is_blank
from tests.doubles import RawAnswer, RawRequest, RawService
from tests.samples.service_sample import SampleAnswer, ServiceSample, ordinary
from tests.unit.assistant.scene import Scene, Setting, conversing
from tests.waiting import eventually

ORDINARY_QUESTION = "Does the room go on?"
ORDINARY_ANSWER = "Fine."


class AgentWithTools(TextAgent):
    """An agent whose tools note how they are called."""

    def __init__(self) -> None:
        super().__init__("Be brief.")
        self.called: list[list[Any]] = []

    @function_tool
    async def get_weather(self, city: str) -> str:
        """Tell the weather in a city."""
        self.called.append(["get_weather", {"city": city}])
        return "sunny"

    @function_tool
    async def get_time(self) -> str:
        """Tell the time."""
        self.called.append(["get_time", {}])
        return "noon"


class SampleService:
    """Gives the answers of a sample one after the other, then ordinary ones."""

    def __init__(self, sample: ServiceSample) -> None:
        self._left = list(sample.answers)

    def forget_the_rest(self) -> None:
        """Give ordinary answers from now on."""
        self._left.clear()

    def answer(self, request: RawRequest) -> RawAnswer:
        """What `RawService` calls for each request."""
        while self._left:
            match self._left.pop(0):
                case SampleAnswer(when=when) as answer if when in request.text:
                    return answer.raw()
                case str(text):
                    return ordinary(text, request)
        return ordinary(ORDINARY_ANSWER, request)


class ServiceRoom:
    """A room with one person, on a service that may be odd."""

    def __init__(self, http: RawService, scene: Scene) -> None:
        self.http = http
        self.scene = scene

    async def ask(self, question: str) -> tuple[str, str]:
        """Ask, and wait for the end of the answer.

        Returns:
            The final text of its bubble, and how the reply ended.
        """
        bubbles, outcomes = len(self.scene.chat.bubbles), Counter(self._outcomes)
        self.scene.chat.receive(question)
        with contextlib.suppress(TimeoutError):
            await eventually(lambda: self._is_answered(bubbles + 1, outcomes.total() + 1))
        # What comes too much comes at once.
        await asyncio.sleep(0)
        ended = self._outcomes - outcomes
        assert ended.total() == 1, f"it ended in {dict(ended)}"
        texts = self.scene.chat.texts
        assert len(texts) == bubbles + 1, f"these are shown: {texts[bubbles:]}"
        assert self.scene.chat.completed == texts, "a bubble is not complete"
        return texts[-1], next(iter(ended))

    @property
    def _outcomes(self) -> Counter[str]:
        return self.scene.answering.outcomes

    def _is_answered(self, bubbles: int, outcomes: int) -> bool:
        completed = len(self.scene.chat.completed)
        return completed >= bubbles and self._outcomes.total() >= outcomes


@contextlib.asynccontextmanager
async def room_on(
    http: RawService,
    path: str = "/v1",
    agent: TextAgent | None = None,
    setting: Setting | None = None,
    **options: Any,
) -> AsyncIterator[ServiceRoom]:
    """A room on a service.

    Args:
        http: The service, running.
        path: The path of the base URL.
        agent: Who answers; None is one without tools.
        setting: Where it plays.
        options: Further arguments of `LanguageModel`.
    """
    model = LanguageModel(api_key=None, base_url=http.url + path, **options)
    scene = Scene(model.for_room(), agent=agent, setting=setting)
    try:
        async with conversing(scene):
            yield ServiceRoom(http, scene)
    finally:
        await model.aclose()


def check_that_a_strict_service_takes(request: RawRequest) -> list[tuple[str, str]]:
    """Check what the strictest templates insist on.

    Returns:
        Role and text of what people and the agent said: no instructions, no calls of tools.
    """
    messages = list(zip(request.body["messages"], request.messages, strict=True))
    roles = [role for _, (role, _) in messages]
    assert "system" not in roles[1:], "instructions come first"
    said = [
        each
        for message, each in messages
        if each[0] not in ("system", "tool") and "tool_calls" not in message
    ]
    roles = [role for role, _ in said]
    assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"], roles
    assert not [text for _, text in said if is_blank(text)], said
    return said


PLACEHOLDER = re.compile(r"\{(\*|(?:notice|note)_\w+)\}")


def matches(expected: str, text: str) -> bool:
    """Whether a text is what a sample expects, see `tests.samples.service_sample`."""
    parts = PLACEHOLDER.split(expected)
    pattern = "".join(
        _stands_for(part) if at % 2 else re.escape(part) for at, part in enumerate(parts)
    )
    return re.fullmatch(pattern, text, re.DOTALL) is not None


def literals(expected: str) -> list[str]:
    """What a sample expects word by word."""
    return [part.strip() for part in PLACEHOLDER.split(expected)[::2] if part.strip()]


def without_notes(text: str) -> str:
    """What was told, without the lines in brackets, which tell the time and how answers ended."""
    return "\n".join(line for line in text.splitlines() if not re.fullmatch(r"\(.*\)", line))


def _stands_for(name: str) -> str:
    if name == "*":
        return ".*"
    # A prompt may itself have a place for a value, such as a time.
    return ".+?".join(map(re.escape, re.split(r"\{[^}]*\}", prompts.load(name))))
