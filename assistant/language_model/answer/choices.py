"""What one choice of a chunk says, whatever shape it has. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assistant.language_model.content import THOUGHT_TYPES, text_of

from .sendable import sendable

_THOUGHTS = ("reasoning_content", "reasoning", "reasoning_details", "thinking", "thought")
_PLACES = ("delta", "message", "text", "response", "content")


@dataclass
class Said:
    """What a choice says."""

    text: str = ""
    """Text that people are to see."""

    thinks: bool = False
    """Whether it has a piece of a thought."""

    calls: list[Any] = field(default_factory=list)
    """Pieces of tool calls."""

    reason: object = None
    """Why the answer ended, in the service's word."""

    extra: Mapping[str, Any] | None = None
    """What the service wants to be sent back with this."""

    is_message: bool = False
    """Whether it came as a message, which may be all of the answer, and not as a delta of it."""


def read_choice(choice: Mapping[str, Any]) -> Said:
    """Read a choice: its delta, or else the message or text that stands in its place."""
    said = _read_place(choice)
    delta = choice.get("delta")
    inner = delta if isinstance(delta, dict) else {}
    reasons = (choice.get("finish_reason"), inner.get("finish_reason"), inner.get("stop_reason"))
    said.reason = next((reason for reason in reasons if reason is not None), None)
    return said


def _read_place(choice: Mapping[str, Any]) -> Said:
    for name in _PLACES:
        value = choice.get(name)
        if isinstance(value, dict) and name in ("delta", "message"):
            said = _read_fields(value)
        elif isinstance(value, (str, list)):
            said = Said(text_of(value))
        else:
            continue
        if said.text or said.thinks or said.calls or said.extra is not None:
            said.is_message = name == "message"
            return said
    return Said(thinks=_thinks(choice))


def _read_fields(fields: Mapping[str, Any]) -> Said:
    text = text_of(fields.get("content")) + text_of(fields.get("refusal"))
    if not text and isinstance(fields.get("text"), str):
        text = fields["text"]
    calls = fields.get("tool_calls")
    found = list(calls) if isinstance(calls, list) else [calls] if calls else []
    if isinstance(older := fields.get("function_call"), dict):
        found.append(older)
    thinks = _thinks(fields) or _has_thought(fields.get("content"))
    return Said(text, thinks, found, extra=sendable(fields.get("extra_content")))


def _thinks(fields: Mapping[str, Any]) -> bool:
    return any(fields.get(name) for name in _THOUGHTS)


def _has_thought(content: object) -> bool:
    parts = content if isinstance(content, list) else [content]
    return any(isinstance(part, dict) and part.get("type") in THOUGHT_TYPES for part in parts)
