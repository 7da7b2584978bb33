"""The tokens that a service counted, made regular. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")
_DETAILS = {
    "prompt_tokens_details": ("cached_tokens", "cache_write_tokens"),
    "completion_tokens_details": ("reasoning_tokens",),
}


def usage_of(fields: Mapping[str, Any]) -> dict[str, Any] | None:
    """The usage that a chunk or a choice has, by the names of OpenAI's API; None if it has none."""
    usage = fields.get("usage")
    if not isinstance(usage, dict) or not usage:
        return None
    counts: dict[str, Any] = {name: _count(usage.get(name)) for name in _COUNTS}
    for name, parts in _DETAILS.items():
        details = usage.get(name)
        if isinstance(details, dict):
            counts[name] = {part: _count(details.get(part)) for part in parts}
    return counts


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return 0
    return int(value) if 0 <= value < 1e12 else 0
