"""Finds tool calls that come as text, from servers that do not parse what a model writes. Pure."""

from __future__ import annotations

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
    """Passes on an answer's text, unless it begins as a tool call."""

    def __init__(self, looks: bool) -> None:
        """Nothing has come yet.

        Args:
            looks: Whether to look for calls: nobody calls what was not offered.
        """
        self.found = False
        """Whether the answer is a tool call."""
        self._looks = looks
        self._held = ""

    def feed(self, text: str) -> str:
        """The part of the next text that is certainly not a call."""
        if not self._looks:
            return "" if self.found else text
        self._held += text
        begins = self._held.lstrip()
        if begins.startswith(_MARKS):
            self.found, self._looks, self._held = True, False, ""
            return ""
        if any(mark.startswith(begins) for mark in _MARKS):
            return ""
        return self.end()

    def end(self) -> str:
        """What was held back."""
        self._looks = False
        held, self._held = self._held, ""
        return held
