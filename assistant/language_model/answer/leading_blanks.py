"""Leaves out the blank lines before an answer. Pure."""

from __future__ import annotations

from assistant.language_model.chunks import WITHDRAWN
from chat import is_blank

_MOST_INDENT = 200
"""Characters of white space that are kept before the first word of an answer."""


class LeadingBlanks:
    """Passes text on from the first line that shows anything."""

    def __init__(self) -> None:
        """Nothing was shown yet."""
        self._has_begun = False
        self._has_withdrawn = False
        self._held = ""

    def feed(self, text: str) -> str:
        """The part of the next text that is passed on."""
        _, mark, after = text.rpartition(WITHDRAWN)
        if mark:
            self._withdraw()
            text = after
        if self._has_begun or not text:
            return text
        self._held += text
        if is_blank(text):
            self._held = _last_line(self._held)[-_MOST_INDENT:]
            return ""
        return self._begin()

    def _withdraw(self) -> None:
        # Only what was passed on must be taken back.
        self._has_withdrawn = self._has_withdrawn or self._has_begun
        self._has_begun = False
        self._held = ""

    def _begin(self) -> str:
        text, self._held = self._held, ""
        visible = len(text) - len(text.lstrip())
        text = _last_line(text[:visible]) + text[visible:]
        mark = WITHDRAWN if self._has_withdrawn else ""
        self._has_begun, self._has_withdrawn = True, False
        return mark + text


def _last_line(blank: str) -> str:
    lines = blank.splitlines(keepends=True)
    return "" if not lines or lines[-1][-1:] in "\r\n" else lines[-1]
