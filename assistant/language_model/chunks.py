"""The chunks of a streamed completion, as light objects. Pure: no clock, no I/O.

The OpenAI SDK builds nested pydantic models for every token, which was two fifths of a busy worker's
time. These objects have the attributes that livekit-plugins-openai reads, and None for all others.

The plugin drops the reason why a generation ended, and says nothing while a tool call's arguments
come in. Both travel in ``extra_content``, which it passes on as ``delta.extra``; whoever reads a
delta takes them out again.
"""

from __future__ import annotations

from typing import Any

from livekit.agents import llm

FINISH_REASON = "chat.finish_reason"
"""Key in ``delta.extra``: why the generation ended, in the service's word."""

PROGRESS = "chat.progress"
"""Key in ``delta.extra``: a piece of a tool call came, though there is nothing to pass on yet."""


class Fields:
    """A JSON object's fields as attributes; one that is missing is None, as in the SDK's models."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.__dict__ = fields

    def __getattr__(self, name: str) -> Any:
        return None


def decode_chunk(data: Any) -> Fields:
    """Give a chunk the attributes that the plugin reads.

    Args:
        data: The event's JSON. It is used up: the chunk is built from its parts.

    Raises:
        TypeError: It is not a JSON object, or one of its parts is not.
    """
    if not isinstance(data, dict):
        raise TypeError(f"a chunk must be an object, not {type(data).__name__}")
    data["id"] = data.get("id") or ""
    data["choices"] = [_choice(choice) for choice in data.get("choices") or ()]
    if data.get("usage"):
        data["usage"] = _usage(data["usage"])
    else:
        data["usage"] = None
    return Fields(data)


def take_finish_reason(delta: llm.ChoiceDelta) -> str | None:
    """Take why the generation ended out of a delta; None if it goes on, or the LLM is another."""
    reason = _take(delta, FINISH_REASON)
    return reason if isinstance(reason, str) else None


def take_progress(delta: llm.ChoiceDelta) -> bool:
    """Take out of a delta whether a piece of a tool call came."""
    return _take(delta, PROGRESS) is True


def _take(delta: llm.ChoiceDelta, key: str) -> Any:
    if not delta.extra or key not in delta.extra:
        return None
    value = delta.extra.pop(key)
    delta.extra = delta.extra or None
    return value


def _choice(choice: dict[str, Any]) -> Fields:
    delta = choice.get("delta")
    reason = choice.get("finish_reason")
    if delta is None and reason is not None:
        delta = {}  # Azure's filter ends an answer like this, and the plugin skips such a delta.
    if delta is not None:
        choice["delta"] = _delta(delta, reason)
    return Fields(choice)


def _delta(delta: dict[str, Any], reason: str | None) -> Fields:
    notes: dict[str, Any] = {}
    if tool_calls := delta.get("tool_calls"):
        delta["tool_calls"] = [_tool_call(call) for call in tool_calls]
        notes[PROGRESS] = True
    if reason is not None:
        notes[FINISH_REASON] = reason
    if notes:
        delta["extra_content"] = {**(delta.get("extra_content") or {}), **notes}
    return Fields(delta)


def _tool_call(call: dict[str, Any]) -> Fields:
    if call.get("function"):
        call["function"] = Fields(call["function"])
    return Fields(call)


def _usage(usage: dict[str, Any]) -> Fields:
    for details in ("prompt_tokens_details", "completion_tokens_details"):
        if usage.get(details):
            usage[details] = Fields(usage[details])
    return Fields(usage)
