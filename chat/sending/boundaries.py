"""Where a text can be cut: the ends of its paragraphs, lines, sentences, words, graphemes. No I/O.

Each function looks at every character once at most, whatever the text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto

import regex

_MARKS = frozenset(".!?\u2026")
_CLOSERS = frozenset("\"'\u201d\u2019)]")
_CJK_MARKS = frozenset("\u3002\uff01\uff1f")
_CJK_CLOSERS = frozenset("\u300d\u300f\uff09")

# Flags stand before the general rule: for each one it would count those before it.
_GRAPHEME = regex.compile(r"\p{RI}{2}[\p{GCB=Extend}\p{GCB=ZWJ}\p{GCB=SpacingMark}]*+|\X")


class _Sentence(Enum):
    """What came last of a sentence."""

    OPEN = auto()
    MARK = auto()
    """Its mark, perhaps with closing quotes and brackets. It ends if white space follows."""
    CJK_MARK = auto()
    """The same in CJK, where it has ended."""
    SPACE = auto()
    """White space after it."""


@dataclass
class _Scan:
    """Where the last paragraph, line, sentence and word end so far; None where none does."""

    paragraph: int | None = None
    line: int | None = None
    sentence: int | None = None
    word: int | None = None
    blank_line: bool = False
    """Whether there was only white space since the last line's end."""
    state: _Sentence = field(default=_Sentence.OPEN)

    def take(self, char: str, end: int) -> None:
        """Go on by a character that ends at `end`."""
        space = char.isspace()
        if char == "\n":
            self.line = end
            self.paragraph = end if self.blank_line else self.paragraph
            self.blank_line = True
        elif char not in " \t":
            self.blank_line = False
        if space:
            self.word = end
        self._take_for_sentence(char, end, space=space)

    def _take_for_sentence(self, char: str, end: int, *, space: bool) -> None:
        if char in _CJK_MARKS:
            self.state = _Sentence.CJK_MARK
        elif char in _MARKS:
            self.state = _Sentence.MARK
        elif self.state is _Sentence.CJK_MARK and char in _CJK_CLOSERS:
            pass
        elif self.state is _Sentence.MARK and char in _CLOSERS:
            return
        elif space and self.state in (_Sentence.MARK, _Sentence.SPACE):
            self.state = _Sentence.SPACE
        else:
            self.state = _Sentence.OPEN
            return
        if self.state is not _Sentence.MARK:
            self.sentence = end


def best_boundary(text: str, start: int, end: int) -> int | None:
    """Where to cut in `text[start:end]`; None if it could only be within a word.

    Returns:
        The end of the last paragraph, or else of the last line, sentence or word, if a grapheme ends
        there, too.
    """
    scan = _Scan()
    for index in range(start, end):
        scan.take(text[index], index + 1)
    for boundary in (scan.paragraph, scan.line, scan.sentence, scan.word):
        if boundary is not None and _ends_grapheme(text, boundary):
            return boundary
    return None


def _ends_grapheme(text: str, end: int) -> bool:
    # What stands before the last character does not matter: that one is white space or a mark.
    return len(_GRAPHEME.findall(text[end - 1 : end + 1])) > 1 or end == len(text)


def last_grapheme_end(text: str, end: int) -> int:
    """The end of the last grapheme in `text[:end]`; a first one that is longer is cut there."""
    # No grapheme goes beyond a line. One more character shows whether one ends before it.
    start = last = text.rfind("\n", 0, max(0, end - 1)) + 1
    for grapheme in _GRAPHEME.finditer(text[: end + 1], start):
        if grapheme.end() > end:
            break
        last = grapheme.end()
    return last or max(end, 1)
