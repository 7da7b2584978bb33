"""The content of a message, of whatever JSON type. Pure."""

from __future__ import annotations

THOUGHT_TYPES = ("thinking", "reasoning", "thought", "redacted_thinking")
"""Types of parts that have a thought."""


def text_of(content: object) -> str:
    """The text that people are to see of a content of any type."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(text_of(part) for part in content if isinstance(part, (str, dict)))
    if isinstance(content, dict):
        if content.get("type") in THOUGHT_TYPES:
            return ""
        inner = content.get("text", content.get("refusal"))
        inner = inner.get("value") if isinstance(inner, dict) else inner
        return inner if isinstance(inner, str) else ""
    if isinstance(content, (int, float)) and not isinstance(content, bool):
        return str(content)
    return ""
