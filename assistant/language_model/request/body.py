"""The body of a request, such as the service takes it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .fitting import fitting
from .lessons import LARGEST_LIMIT, OLDER_LIMIT, REQUIRED, Lessons
from .messages import joined, regular, without_system, without_tools

_OF_TOOLS = ("tools", "tool_choice", "parallel_tool_calls")


@dataclass(frozen=True)
class ModelChoices:
    """What is asked of a model beyond an answer; None is not sent."""

    temperature: float | None = None
    """How much chance there is in an answer."""

    reasoning_effort: str | None = None
    """How much a model thinks before it answers, in the service's word."""

    max_answer_tokens: int | None = None
    """The most tokens of an answer."""


def acceptable(
    body: Mapping[str, Any], choices: ModelChoices, lessons: Lessons, *, is_openai: bool
) -> dict[str, Any]:
    """Make a body that the service takes.

    Args:
        body: The request by OpenAI's API.
        choices: What else is asked for. The body's own effort does not count: libraries add one for
            models that they know.
        lessons: What is known of the model.
        is_openai: Whether the service is OpenAI's own, or Azure's.
    """
    messages = regular(body["messages"])
    if not lessons.tools:
        messages = regular(without_tools(messages))
    if lessons.most_bytes is not None:
        messages = fitting(messages, lessons.most_bytes)
    messages = joined(messages)
    if not lessons.system_role:
        messages = without_system(messages)
    made = {**body, **_chosen(body, choices, lessons, is_openai=is_openai), "messages": messages}
    if not lessons.streams:
        made["stream"] = False
    if lessons.tools and not lessons.strict_tools:
        made["tools"] = [_lenient(tool) for tool in made.get("tools") or ()]
    left_out = set(lessons.without - REQUIRED)
    left_out |= set() if lessons.tools and made.get("tools") else set(_OF_TOOLS)
    left_out |= set() if made["stream"] else {"stream_options"}
    return {k: v for k, v in made.items() if v is not None and k not in left_out}


def _chosen(
    body: Mapping[str, Any], choices: ModelChoices, lessons: Lessons, *, is_openai: bool
) -> dict[str, Any]:
    name = lessons.limit_name or (LARGEST_LIMIT if is_openai else OLDER_LIMIT)
    limits = (choices.max_answer_tokens, body.get(LARGEST_LIMIT), body.get(OLDER_LIMIT))
    temperature = choices.temperature
    return {
        "temperature": body.get("temperature") if temperature is None else temperature,
        "reasoning_effort": choices.reasoning_effort,
        LARGEST_LIMIT: None,
        OLDER_LIMIT: None,
        name: next((limit for limit in limits if limit is not None), None),
    }


def _lenient(value: Any) -> Any:
    """A tool's description without what only some services take."""
    if isinstance(value, list):
        return [_lenient(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    return {
        # What a tool's own parameters are called is not ours.
        name: {own: _lenient(v) for own, v in inner.items()}
        if name == "properties" and isinstance(inner, dict)
        else _lenient(inner)
        for name, inner in value.items()
        if name not in ("strict", "additionalProperties")
    }
