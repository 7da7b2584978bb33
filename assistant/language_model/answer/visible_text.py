"""What people see of an answer's text. Pure."""

from __future__ import annotations

from .calls_as_text import CallsAsText
from .leading_blanks import LeadingBlanks
from .thoughts import ThoughtFilter


class VisibleText:
    """Takes out of a text what is not the answer: thoughts, blank lines before it, tool calls."""

    def __init__(self, *, may_call: bool) -> None:
        """Nothing has come yet.

        Args:
            may_call: Whether the model was offered tools.
        """
        self._thoughts = ThoughtFilter()
        self._blanks = LeadingBlanks()
        self._calls = CallsAsText(may_call)

    @property
    def is_thinking(self) -> bool:
        """Whether a thought is open."""
        return self._thoughts.is_thinking

    @property
    def is_tool_call(self) -> bool:
        """Whether the text is a tool call."""
        return self._calls.found

    def feed(self, text: str) -> str:
        """What is certainly seen with the next piece of text."""
        return self._calls.feed(self._blanks.feed(self._thoughts.feed(text)))

    def end(self, *, keeps_open: bool) -> str:
        """What was held back, see `ThoughtFilter.end`."""
        rest = self._blanks.feed(self._thoughts.end(keeps_open=keeps_open)) + self._blanks.end()
        return self._calls.feed(rest) + self._calls.end()
