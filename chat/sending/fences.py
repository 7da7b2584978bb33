"""Fenced code blocks in Markdown: whether a text ends in one. No I/O."""

from __future__ import annotations

from dataclasses import dataclass

import regex

# Backticks after those of an opening fence make it inline code. No repetition gives back what it
# took, so that a line is read once.
_FENCE = regex.compile(r"(?m)^ {0,3}+(?P<marks>`{3,}+(?=[^`\n]*+$)|~{3,}+)(?P<info>[^\n]*+)$")


@dataclass(frozen=True)
class Fence:
    """A code fence that is open at the end of a text."""

    marks: str
    """Its backticks or tildes."""
    info: str
    """What follows them: the language."""

    @property
    def opening(self) -> str:
        """What opens it again."""
        return f"{self.marks}{self.info}\n"

    @property
    def closing(self) -> str:
        """What closes it at the end of a text."""
        return f"\n{self.marks}"


def open_fence(text: str) -> Fence | None:
    """The fenced code block that `text` ends in, if any."""
    fence: Fence | None = None
    for match in _FENCE.finditer(text):
        marks, info = match["marks"], match["info"].strip()
        if fence is None:
            fence = Fence(marks, info)
        elif marks[0] == fence.marks[0] and len(marks) >= len(fence.marks) and not info:
            fence = None
    return fence
