"""A growing text in Markdown, cut into sentences as soon as they are complete. No I/O.

It looks at one character after the other, so that the pieces in which the text comes do not matter.
"""

from __future__ import annotations

import unicodedata

from .markup import BLOCK_OPENERS, Block, Inline, block_opened_by, closes, stands_alone
from .sentence_ends import CLOSERS, SENTENCE_MARK, SPACED_MARKS, ends_sentence

LONG = 250
"""Characters after which a sentence is cut at a comma."""

TOO_LONG = 400
"""Characters after which it is cut at any space, or anywhere in a text without spaces."""

FAR_TOO_LONG = 2000
"""The same where it is within a link, inline code or a tag."""

SHORTEST = 40
"""Characters that are worth a pause at a comma."""

_COMMAS = frozenset(",;:\u2013\u2014\u060c\u061b")
_WIDE_COMMAS = frozenset("\uff0c\u3001\uff1b\uff1a")
_JOINER = "\u200d"


class Sentences:
    """Cuts a text that grows. What it returns is the text, in order, with all white space and markup.

    A piece is a sentence, a heading, a row of a table, an item of a list or a whole block of code; a
    long sentence comes in several.
    """

    def __init__(self) -> None:
        self._text: list[str] = []
        self._begin(is_line_start=True)

    def _begin(self, *, is_line_start: bool) -> None:
        """Begin with the next sentence, of which nothing is known yet."""
        self._text = []
        self._line = 0
        self._is_line_start = is_line_start
        self._block: Block | None = None
        self._inline = Inline()
        self._mark = False
        self._wide_mark = False
        self._word = self._end = 0
        self._is_broken = False
        self._comma: int | None = None
        self._space: int | None = None

    def feed(self, text: str) -> list[str]:
        """Go on by some text. Returns the sentences that it completes."""
        found: list[str] = []
        for char in text:
            self._take(char, found)
        return found

    def finish(self) -> list[str]:
        """Return the rest, which is complete now."""
        rest = "".join(self._text)
        self._begin(is_line_start=True)
        return [rest] if rest else []

    def _take(self, char: str, found: list[str]) -> None:
        cut = self._cut_before(char)
        if cut is not None:
            self._cut(cut, found)
        self._look_at(char)
        if char == "\n" and self._ends_with_line():
            self._cut(len(self._text), found)

    def _cut(self, end: int, found: list[str]) -> None:
        """Cut there, and look again at what follows."""
        piece, rest = "".join(self._text[:end]), self._text[end:]
        found.append(piece)
        tail = piece[len(piece.rstrip()) :]
        self._begin(is_line_start="\n" in tail or (self._is_line_start and not piece.strip()))
        for char in rest:
            self._take(char, found)

    def _cut_before(self, char: str) -> int | None:
        """Where to cut before a character is added; None for nowhere."""
        if self._block is not None or char.isspace() or not self._text:
            return None
        length = len(self._text)
        if self._wide_mark and char not in CLOSERS and not SENTENCE_MARK.match(char):
            return length
        if self._text[-1].isspace():
            if self._is_broken and char in BLOCK_OPENERS and self._end:
                return length
            word = "".join(self._text[self._word : self._end]) if self._mark else ""
            if word and ends_sentence(word, char):
                return length
        return self._cut_of_long(char, length)

    def _cut_of_long(self, char: str, length: int) -> int | None:
        if self._inline.is_open:
            return length if length >= FAR_TOO_LONG and _can_begin(char) else None
        if length >= LONG and self._comma is not None:
            return self._comma
        if length < TOO_LONG:
            return None
        if self._space is not None:
            return self._space
        return length if _can_begin(char) and self._text[-1] != _JOINER else None

    def _look_at(self, char: str) -> None:
        """Add a character to the sentence."""
        index = len(self._text)
        self._text.append(char)
        if self._block is not None:
            return
        self._inline.take(char)
        if char.isspace():
            self._is_broken |= char == "\n"
            return
        before = self._text[index - 1] if index else ""
        if before.isspace():
            self._note_word(index)
        self._end, self._is_broken = index + 1, False
        if index >= SHORTEST and before in _WIDE_COMMAS and not self._inline.is_open:
            self._comma = index
        self._note_mark(char)

    def _note_word(self, index: int) -> None:
        """Note that a word begins, and whether one could cut before it."""
        if self._end and not self._inline.is_open:
            self._space = index
            if index >= SHORTEST and self._text[self._end - 1] in _COMMAS:
                self._comma = index
        self._word = index

    def _note_mark(self, char: str) -> None:
        if self._inline.is_open:
            self._mark = self._wide_mark = False
        elif SENTENCE_MARK.match(char):
            self._mark = char in SPACED_MARKS
            self._wide_mark = not self._mark
        elif char not in CLOSERS:
            self._mark = self._wide_mark = False

    def _ends_with_line(self) -> bool:
        """Whether the sentence ends with the line that was just completed."""
        line = "".join(self._text[self._line : -1])
        begins_line = self._is_line_start or self._line > 0
        self._line = len(self._text)
        if self._block is not None:
            return closes(self._block, line)
        if not self._end:
            return False
        if begins_line and (block := block_opened_by(line)) is not None:
            self._block = block
            return False
        if begins_line and stands_alone(line):
            return True
        return self._mark or self._wide_mark or not line.strip()


def _can_begin(char: str) -> bool:
    """Whether a character is none that belongs to the one before it."""
    return char != _JOINER and not unicodedata.category(char).startswith("M")
