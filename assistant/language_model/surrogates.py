"""Turns an LLM's deltas into text that is valid in UTF-8. No I/O."""

from __future__ import annotations

import codecs

_Decoder = codecs.getincrementaldecoder("utf-16-le")


class SurrogateJoiner:
    """Joins characters that were cut in two, and replaces halves that are alone by U+FFFD.

    JSON writes a character beyond U+FFFF as two escapes. Servers that stream by token put them into
    two deltas; a model can also write one alone. Neither can be sent, logged or measured. A first half
    that ends an answer is left out.
    """

    def __init__(self) -> None:
        """Nothing is held back."""
        self._decoder = _Decoder("replace")

    def join(self, text: str) -> str:
        """The next piece of text; a first half at its end is held back for the next call."""
        return self._decoder.decode(text.encode("utf-16-le", "surrogatepass"))
