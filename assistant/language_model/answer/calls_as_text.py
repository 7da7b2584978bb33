"""Finds tool calls that come as text, from servers that do not parse what a model writes. Pure."""

from __future__ import annotations

from assistant.language_model.chunks import WITHDRAWN

_MARKS = (
    "<tool_call>",
    "<|tool_call",
    "<tool_calls>",
    "<function=",
    "<function_call>",
    "[TOOL_CALLS]",
    "<|python_tag|>",
    "<|tool▁calls▁begin|>",
    "<\uff5ctool▁calls▁begin\uff5c>",
)


class CallsAsText:
    """Passes on a text that begins with something visible, unless it begins as a tool call."""

    def __init__(self, looks: bool) -> None:
        """Nothing has come yet.

        Args:
            looks: Whether to look for calls: nobody calls what was not offered.
        """
        self.found = False
        """Whether the answer is a tool call."""
        self._looks = self._is_open = looks
        self._held = ""

    def feed(self, text: str) -> str:
        """The part of the next text that is certainly not a call."""
        _, mark, answer = text.rpartition(WITHDRAWN)
        if mark and self._looks:
            # What comes now is the answer: it was none before.
            self.found, self._is_open, self._held = False, True, ""
            return WITHDRAWN + self._look(answer)
        return self._look(text)

    def end(self) -> str:
        """What was held back."""
        self._is_open = False
        held, self._held = self._held, ""
        return held

    def _look(self, text: str) -> str:
        if not self._is_open:
            return "" if self.found else text
        self._held += text
        begins = self._held.lstrip()
        if begins.startswith(_MARKS):
            self.found, self._is_open, self._held = True, False, ""
            return ""
        return "" if any(mark.startswith(begins) for mark in _MARKS) else self.end()
