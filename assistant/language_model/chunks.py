"""Regular chunks: what the plugin reads of a streamed completion. Pure: no clock, no I/O.

The OpenAI SDK builds nested pydantic models for every token, which was two fifths of a busy worker's
time. These objects have the attributes that livekit-plugins-openai reads, and None for all others.

The plugin drops the reason why a generation ended, and says nothing while a model thinks or the
arguments of a tool call come in. These notes travel in ``extra_content``, which it passes on as
``delta.extra``; whoever reads a delta takes them out again. And it takes a ``<think>`` anywhere in a
text for a thought: `GUARD` keeps it from that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from livekit.agents import llm

FINISH_REASON = "chat.finish_reason"
"""Key in ``delta.extra``: how the answer ended, as the value of a `Finish`."""

PROGRESS = "chat.progress"
"""Key in ``delta.extra``: a piece of a tool call came, though there is nothing to pass on yet."""

THOUGHT = "chat.thought"
"""Key in ``delta.extra``: the model thinks, though there is nothing to pass on yet."""

GUARD = "\x1a"
"""Put behind each ``<`` of a text on its way through the plugin; no text has it."""

WITHDRAWN = "\x18"
"""In a text: what came before it in the same answer is none of it. It is ASCII's CANCEL, and no text
of a service has it."""

_REMOVED = {ord(GUARD): None, ord(WITHDRAWN): None}


class Fields:
    """A JSON object's fields as attributes; one that is missing is None, as in the SDK's models."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.__dict__ = fields

    def __getattr__(self, name: str) -> Any:
        return None


def chunk(
    answer_id: str,
    text: str = "",
    *,
    calls: Sequence[Mapping[str, Any]] = (),
    notes: Mapping[str, Any] | None = None,
    usage: Mapping[str, Any] | None = None,
) -> Fields:
    """Build a chunk.

    Args:
        answer_id: The same for all chunks of an answer.
        text: What the model says next.
        calls: Complete tool calls, each with an index, an id, a name and arguments.
        notes: What goes into ``extra_content``.
        usage: Tokens, by the names of OpenAI's API.
    """
    delta = {
        "content": text.replace("<", "<" + GUARD) or None,
        "tool_calls": [_tool_call(call) for call in calls] or None,
        "extra_content": dict(notes) if notes else None,
    }
    reason = "tool_calls" if calls else None
    choice = Fields({"index": 0, "delta": Fields(delta), "finish_reason": reason})
    return Fields({"id": answer_id, "choices": [choice], "usage": _usage(usage)})


def clean(text: str) -> str:
    """A service's text without the characters that have a meaning here."""
    return text.translate(_REMOVED) if not text.isprintable() else text


def unguard(delta: llm.ChoiceDelta) -> None:
    """Take out of a delta's text what kept the plugin from reading it."""
    if delta.content and GUARD in delta.content:
        delta.content = delta.content.replace(GUARD, "")


def answered_part(text: str) -> str:
    """What is left of an answer's text without what was withdrawn."""
    return text.rpartition(WITHDRAWN)[2]


def take_finish_reason(delta: llm.ChoiceDelta) -> str | None:
    """Take how the answer ended out of a delta; None if it goes on, or the LLM is another."""
    reason = _take(delta, FINISH_REASON)
    return reason if isinstance(reason, str) else None


def take_progress(delta: llm.ChoiceDelta) -> bool:
    """Take out of a delta whether a piece of a tool call came."""
    return _take(delta, PROGRESS) is True


def take_thought(delta: llm.ChoiceDelta) -> bool:
    """Take out of a delta whether the model thinks."""
    return _take(delta, THOUGHT) is True


def _take(delta: llm.ChoiceDelta, key: str) -> Any:
    if not delta.extra or key not in delta.extra:
        return None
    value = delta.extra.pop(key)
    delta.extra = delta.extra or None
    return value


def _tool_call(call: Mapping[str, Any]) -> Fields:
    function = Fields({"name": call["name"], "arguments": call["arguments"]})
    fields = {"index": call["index"], "id": call["id"], "type": "function", "function": function}
    return Fields({**fields, "extra_content": call.get("extra_content")})


def _usage(usage: Mapping[str, Any] | None) -> Fields | None:
    if usage is None:
        return None
    details = {
        name: Fields(dict(value)) for name, value in usage.items() if isinstance(value, dict)
    }
    return Fields({**usage, **details})
