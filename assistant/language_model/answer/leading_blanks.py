"""Leaves out the blank lines before an answer. Pure."""

from __future__ import annotations

from assistant.language_model.chunks import WITHDRAWN
from chat import is_blank

MOST_INDENT = 200
"""Characters of white space that are kept before the first word of an answer."""


class LeadingBlanks:
    """Passes text on from the first line that shows anything."""

    def __init__(self) -> None:
        """Nothing was shown yet."""
        self._has_begun = False
        self._has_withdrawn = False
        self._indent = ""

    def feed(self, text: str) -> str:
        """The part of the next text that is passed on."""
        _, mark, after = text.rpartition(WITHDRAWN)
        if mark:
            self._withdraw()
            text = after
        if self._has_begun or not text:
            return text
        blanks = next((at for at, char in enumerate(text) if not is_blank(char)), len(text))
        self._indent = _last_line(self._indent + text[:blanks])
        return self._begin(text[blanks:]) if blanks < len(text) else ""

    def end(self) -> str:
        """What was held back: that something is withdrawn, though nothing takes its place."""
        return WITHDRAWN if self._has_withdrawn else ""

    def _withdraw(self) -> None:
        # Only what was passed on must be taken back.
        self._has_withdrawn = self._has_withdrawn or self._has_begun
        self._has_begun = False
        self._indent = ""

    def _begin(self, text: str) -> str:
        text, self._indent = self._indent + text, ""
        mark = WITHDRAWN if self._has_withdrawn else ""
        self._has_begun, self._has_withdrawn = True, False
        return mark + text


def _last_line(blank: str) -> str:
    lines = blank.splitlines(keepends=True)
    return "" if not lines or lines[-1].splitlines() != [lines[-1]] else lines[-1][-MOST_INDENT:]
