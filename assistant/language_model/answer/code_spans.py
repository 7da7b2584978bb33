"""Whether a growing Markdown text stands in code. Pure."""

from __future__ import annotations

import re

_PART = re.compile(r"`+|~{3,}|\n|[^`~\n]+|~{1,2}")


class CodeSpans:
    """Follows a text: fences, and what stands between back-ticks in a line."""

    def __init__(self) -> None:
        """Outside of code, at the beginning of a line."""
        self._fence = ""
        self._inline = 0
        self._is_line_start = True
        self._pending = ""

    def feed(self, text: str) -> None:
        """Go on by a piece of text."""
        text, self._pending = self._pending + text, ""
        for part in _PART.findall(text):
            self._settle()
            if part[0] in "`~":
                self._pending = part  # More of them may follow.
            else:
                self._pass(part)

    @property
    def inside(self) -> bool:
        """Whether what follows now stands in code."""
        self._settle()
        return bool(self._fence or self._inline)

    def _pass(self, part: str) -> None:
        if part == "\n":
            self._inline = 0
            self._is_line_start = True
        else:
            self._is_line_start = self._is_line_start and part.isspace()

    def _settle(self) -> None:
        marks, self._pending = self._pending, ""
        if not marks:
            return
        if self._is_line_start and len(marks) >= 3:
            self._pass_fence(marks)
        elif marks[0] == "`" and not self._fence:
            self._inline = 0 if self._inline == len(marks) else self._inline or len(marks)
        self._is_line_start = False

    def _pass_fence(self, marks: str) -> None:
        if not self._fence:
            self._fence = marks
        elif marks.startswith(self._fence):
            self._fence = ""
