"""Splits a text that is too long for one packet. No I/O.

Text streams are not split: the SDK sends them in chunks, which receivers join.
"""

from __future__ import annotations

from dataclasses import dataclass

import regex

PART_BYTES = 12_000
"""Largest part, in bytes of UTF-8. A packet may have 15 KiB; JSON escapes make the text longer."""

SEARCHED_SHARE = 0.5
"""Share of a part, at its end, that is searched for a good place to cut."""

FENCE_SHARE = 1 / 16
"""Share of a part that closing and reopening a code fence may use."""

_BOUNDARIES = tuple(
    regex.compile(pattern)
    for pattern in (
        r"\n[ \t]*\n+",  # Between paragraphs.
        r"\n",
        # Between sentences, also in CJK, with their closing quotes and brackets.
        r"[.!?\u2026]+[\"'\u201d\u2019)\]]*\s+|[\u3002\uff01\uff1f]+[\u300d\u300f\uff09]*",
        r"\s+",
    )
)
_GRAPHEME = regex.compile(r"\X")
# Backticks after those of an opening fence make it inline code.
_FENCE = regex.compile(r"(?m)^ {0,3}(?P<marks>`{3,}(?=[^`\n]*$)|~{3,})(?P<info>[^\n]*)$")


def part_id(message_id: str, index: int) -> str:
    """The id under which a message's part is sent; the first has the message's own."""
    return message_id if index == 0 else f"{message_id}-{index + 1}"


def split(text: str, limit: int = PART_BYTES) -> list[str]:
    """Cut a text into parts of at most `limit` bytes.

    It cuts between paragraphs if it can, or else between lines, sentences, words or graphemes. A
    fenced code block that is cut is closed, and opened again in the next part with its language.
    White space at a cut is dropped. If the text grows, only the last part changes.

    Returns:
        The parts, none blank; one, the text itself, if it is short enough.
    """
    parts = []
    rest = text
    while _size(rest) > limit:
        part, rest = _cut(rest, limit)
        if part:
            parts.append(part)
    return [*parts, rest] if rest.strip() or not parts else parts


@dataclass(frozen=True)
class _Fence:
    """A code fence that is open at the end of a text."""

    marks: str
    info: str

    @property
    def opening(self) -> str:
        return f"{self.marks}{self.info}\n"

    @property
    def closing(self) -> str:
        return f"\n{self.marks}"


def _cut(text: str, limit: int) -> tuple[str, str]:
    """Cut the first part off a text that is longer than `limit` bytes."""
    room = limit
    while True:
        end = _best_end(text, room)
        fence = _open_fence(text[:end])
        if fence is None or _size(fence.opening) > limit * FENCE_SHARE:
            return text[:end].rstrip(), text[end:]
        part = text[:end].rstrip("\n") + fence.closing
        if _size(part) <= limit:
            break
        room = limit - _size(fence.closing)
    if end <= len(fence.opening):  # It would not get shorter.
        return text[:end].rstrip(), text[end:]
    return part, fence.opening + text[end:]


def _best_end(text: str, room: int) -> int:
    """Where to cut `text` so that at most `room` bytes, or else one grapheme, come before."""
    size = len(text.encode()[:room].decode(errors="ignore"))
    start = int(size * (1 - SEARCHED_SHARE))
    for boundary in _BOUNDARIES:
        ends = [match.end() for match in boundary.finditer(text[:size], start)]
        if ends and _between_graphemes(text, ends[-1]):
            return int(ends[-1])
    return _last_grapheme_end(text, size)


def _between_graphemes(text: str, end: int) -> bool:
    return _last_grapheme_end(text, end) == end


def _last_grapheme_end(text: str, size: int) -> int:
    """The end of the last grapheme in `text[:size]`; a first one that is longer is cut there."""
    # One more character shows whether a grapheme ends before it. It is enough to start at the
    # beginning of a line, as no grapheme goes beyond a line.
    start = text.rfind("\n", 0, max(0, size - 1)) + 1
    end = start
    for grapheme in _GRAPHEME.finditer(text[: size + 1], start):
        if grapheme.end() > size:
            break
        end = grapheme.end()
    return end or max(size, 1)


def _open_fence(text: str) -> _Fence | None:
    """The fenced code block that `text` ends in, if any."""
    fence: _Fence | None = None
    for match in _FENCE.finditer(text):
        marks, info = match["marks"], match["info"].strip()
        if fence is None:
            fence = _Fence(marks, info)
        elif marks[0] == fence.marks[0] and len(marks) >= len(fence.marks) and not info:
            fence = None
    return fence


def _size(text: str) -> int:
    return len(text.encode())
