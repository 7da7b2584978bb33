"""Splits a text that is too long for one packet. No I/O.

Text streams are not split: the SDK sends them in chunks, which receivers join.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import dataclass

from .boundaries import best_boundary, last_grapheme_end
from .fences import Fence, open_fence

PART_BYTES = 12_000
"""Largest part, in bytes of UTF-8 after JSON's escapes. A packet may have 15 KiB; the rest is for what
else is in it."""

SEARCHED_SHARE = 0.5
"""Share of a part, at its end, that is searched for a good place to cut."""

FENCE_SHARE = 1 / 16
"""Share of a part that closing and reopening a code fence may use."""


def part_id(message_id: str, index: int) -> str:
    """The id under which a message's part is sent; the first has the message's own."""
    return message_id if index == 0 else f"{message_id}-{index + 1}"


def written_bytes(text: str) -> int:
    """The size of a text as JSON writes it, in bytes of UTF-8, without its quotes."""
    return len(json.dumps(text, ensure_ascii=False).encode()) - 2


@dataclass(frozen=True)
class _Cut:
    """A part, and where the text goes on after it."""

    part: str
    """Blank if nothing but white space was cut off."""
    begin: int
    """How much of the text the parts have so far, in characters."""
    opening: str
    """What the next part begins with, before the text: a code fence that is opened again."""
    seen: int
    """How much of the text decided on the cut, in characters: what comes after does not matter."""


_START = _Cut("", 0, "", 0)


class Splitter:
    """Cuts a text into parts of at most `limit` bytes, see `written_bytes`.

    It cuts between paragraphs if it can, or else between lines, sentences, words or graphemes. A
    fenced code block that is cut is closed, and opened again in the next part with its language.
    White space at a cut is dropped. If the text grows, only the last part changes, and only that one
    is looked at.
    """

    def __init__(self, limit: int = PART_BYTES) -> None:
        """Nothing is cut yet.

        Args:
            limit: Bytes of a part. A single character may have more.
        """
        self._limit = limit
        self._text = ""
        self._cuts: list[_Cut] = []
        # Those cuts that made a part which is not blank, by their index.
        self._filled: list[int] = []

    def part(self, text: str, index: int) -> str | None:
        """One part of a text, the first of which has index 0. Earlier ones are cut first, if need be.

        Returns:
            The part; None if there are fewer. None is blank, but a text that is blank or empty has
            one part.
        """
        self._follow(text)
        while len(self._filled) <= index:
            cut = self._next_cut()
            if cut is None:
                return self._rest() if len(self._filled) == index else None
            if cut.part:
                self._filled.append(len(self._cuts))
            self._cuts.append(cut)
        return self._cuts[self._filled[index]].part

    def _follow(self, text: str) -> None:
        """Keep those cuts that are the same in `text`."""
        if text is self._text:
            return
        while self._cuts and not text.startswith(self._text[: self._cuts[-1].seen]):
            self._cuts.pop()
        while self._filled and self._filled[-1] >= len(self._cuts):
            self._filled.pop()
        self._text = text

    @property
    def _last(self) -> _Cut:
        return self._cuts[-1] if self._cuts else _START

    def _rest(self) -> str | None:
        rest = self._last.opening + self._text[self._last.begin :]
        return rest if rest.strip() or not self._filled else None

    def _next_cut(self) -> _Cut | None:
        """Cut off the next part; None if the rest is short enough."""
        last = self._last
        # More cannot be in a part, as no character has less than a byte.
        seen = min(len(self._text), last.begin + self._limit + 1)
        window = last.opening + self._text[last.begin : seen]
        if seen == len(self._text) and written_bytes(window) <= self._limit:
            return None
        part, end, fence = _cut(window, self._limit)
        opening = (fence.opening if fence is not None else "") + last.opening[end:]
        begin = last.begin + max(0, end - len(last.opening))
        return _Cut(part, begin, opening, seen)


def _cut(text: str, limit: int) -> tuple[str, int, Fence | None]:
    """Cut the first part off a text that is longer than `limit` bytes.

    Returns:
        The part, how many characters of `text` it has, and the fence that it closes.
    """
    largest_fence = int(limit * FENCE_SHARE)
    # JSON escapes the line's end in what closes a fence.
    for room in (limit, limit - largest_fence - 1):
        end = _best_end(text, room)
        fence = open_fence(text[:end])
        if fence is None or len(fence.opening.encode()) > largest_fence:
            break
        part = text[:end].rstrip("\n") + fence.closing
        # To be opened again, it must get shorter.
        if written_bytes(part) <= limit and end > len(fence.opening):
            return part, end, fence
    return text[:end].rstrip(), end, None


def _best_end(text: str, room: int) -> int:
    """Where to cut `text` so that at most `room` bytes, or else one grapheme, come before."""
    size = _fitting(text, room)
    if text[: size + 1].isspace():
        return max(size, 1)
    boundary = best_boundary(text, int(size * (1 - SEARCHED_SHARE)), size)
    return last_grapheme_end(text, size) if boundary is None else boundary


def _fitting(text: str, room: int) -> int:
    """How many characters of `text` have at most `room` bytes."""
    return bisect_right(range(1, len(text) + 1), room, key=lambda end: written_bytes(text[:end]))
