"""The content of a message, of whatever JSON type. Pure."""

from __future__ import annotations

THOUGHT_TYPES = ("thinking", "reasoning", "thought", "redacted_thinking")
"""Types of parts that have a thought."""

_PLACES = ("text", "refusal", "value", "content", "parts")


def text_of(content: object) -> str:
    """The text that people are to see of a content of any type."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(text_of(part) for part in content if isinstance(part, (str, dict, list)))
    if isinstance(content, dict):
        if content.get("type") in THOUGHT_TYPES:
            return ""
        places = (content.get(name) for name in _PLACES)
        return next((text for place in places if (text := text_of(place))), "")
    if isinstance(content, (int, float)) and not isinstance(content, bool):
        return str(content)
    return ""
