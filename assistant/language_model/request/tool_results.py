"""Tool calls and their results, each with the other. Pure."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any


def paired(messages: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """The same with each result behind its call, without calls and results that lack the other.

    Args:
        messages: Those that speak only of calls have a content, if only an empty one.
    """
    messages = list(messages)
    results: defaultdict[object, deque[Mapping[str, Any]]] = defaultdict(deque)
    for message in messages:
        if message["role"] == "tool":
            results[_key(message.get("tool_call_id"))].append(message)
    for message in messages:
        if message["role"] == "tool":
            continue
        calls, answers = [], []
        for call in _calls_of(message):
            if waiting := results[_key(call.get("id"))]:
                calls.append(_with_arguments(call))
                answers.append(dict(waiting.popleft()))
        kept = {name: value for name, value in message.items() if name != "tool_calls"}
        if calls:
            kept["tool_calls"] = calls
        if calls or kept["content"]:
            yield kept
            yield from answers


def _calls_of(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    calls = message.get("tool_calls")
    calls = calls if isinstance(calls, list) and message["role"] == "assistant" else []
    return [call for call in calls if isinstance(call, dict)]


def _key(call_id: object) -> object:
    """An id that a call and its result have in common; one that is none is nobody's."""
    return call_id if isinstance(call_id, str) and call_id else object()


def _with_arguments(call: dict[str, Any]) -> dict[str, Any]:
    """A call whose arguments are a JSON object: a model may have written anything."""
    function = call.get("function")
    function = function if isinstance(function, dict) else {}
    try:
        is_object = isinstance(json.loads(function.get("arguments") or ""), dict)
    except (TypeError, ValueError, RecursionError):
        is_object = False
    return call if is_object else {**call, "function": {**function, "arguments": "{}"}}
