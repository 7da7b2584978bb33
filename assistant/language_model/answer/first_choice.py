"""Finds the choice of an answer that is read: the first, however many come. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_PLACES = ("delta", "message", "text", "response", "content")


class FirstChoice:
    """Finds the same choice in each chunk of an answer."""

    def __init__(self) -> None:
        """Nothing has come yet."""
        self._number: int | None = None

    def of(self, one: dict[str, Any]) -> dict[str, Any] | None:
        """The first choice of a chunk, of whatever number that is; the chunk itself if it is one."""
        choices = one.get("choices")
        if isinstance(choices, dict):
            choices = [choices] if _looks_like_choice(choices) else list(choices.values())
        if not isinstance(choices, list):
            return one if _looks_like_choice(one) or one.get("done") is True else None
        found = [choice for choice in choices if isinstance(choice, dict)]
        if self._number is None:
            numbers = [number for each in found if (number := _number_of(each)) is not None]
            self._number = min(numbers, default=None)
        return next((each for each in found if _number_of(each) in (None, self._number)), None)


def _number_of(choice: Mapping[str, Any]) -> int | None:
    """The number of a choice; None if it says none."""
    index = choice.get("index")
    if isinstance(index, str) and index.isascii() and index.isdigit():
        index = int(index[:9])
    return index if isinstance(index, int) and not isinstance(index, bool) else None


def _looks_like_choice(fields: Mapping[str, Any]) -> bool:
    kind = fields.get("type")
    if isinstance(kind, str) and kind.endswith((".done", ".completed")):
        return False  # An event of another API, which says once more what was said.
    return any(isinstance(fields.get(name), (dict, str, list)) for name in _PLACES)
