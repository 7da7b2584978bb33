"""Where Markdown must not be cut: links, inline code, tags, blocks of code and of formulas. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import regex

_FENCE = regex.compile(r"\s*+(?P<marks>`{3,}+(?=[^`\n]*+$)|~{3,}+)[^\n]*+")
_FORMULA = regex.compile(r"\s*+(?:(?P<dollars>\$\$)|\\\[)(?!.*(?:\$\$|\\\])\s*$)[^\n]*+")
_QUOTE = "> \t"
_LINE_OF_ITS_OWN = regex.compile(r"\s*+(?:#{1,6}\s|\|)")

BLOCK_OPENERS = frozenset("#-*+>|`~$\\=<0123456789")
"""With what a line can begin that does not continue the sentence before it."""


class Block(Enum):
    """A block that is never cut, and not read out."""

    BACKTICKS = "```"
    TILDES = "~~~"
    DOLLARS = "$$"
    BRACKETS = "\\]"


def block_opened_by(line: str) -> Block | None:
    """The block that a line opens, which has no line end; None if it opens none."""
    line = line.lstrip(_QUOTE)
    if (fence := _FENCE.fullmatch(line)) is not None:
        return Block.BACKTICKS if fence["marks"][0] == "`" else Block.TILDES
    if (formula := _FORMULA.fullmatch(line)) is not None:
        return Block.DOLLARS if formula["dollars"] else Block.BRACKETS
    return None


def closes(block: Block, line: str) -> bool:
    """Whether a line is the last of a block."""
    bare = line.lstrip(_QUOTE).rstrip()
    if block in (Block.DOLLARS, Block.BRACKETS):
        return bare.endswith(block.value)
    return bare.startswith(block.value) and not bare.strip(block.value[0])


def stands_alone(line: str) -> bool:
    """Whether a line is a heading or a row of a table, which no next line continues."""
    return _LINE_OF_ITS_OWN.match(line) is not None


@dataclass
class Inline:
    """Whether a line's last character is within a link, inline code or a tag."""

    _brackets: int = 0
    _parentheses: int = 0
    _in_tag: bool = False
    _ticks: int = 0
    """Backticks that opened the inline code."""
    _run: int = 0
    """Backticks that came last."""
    _before: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it is within any."""
        return bool(self._brackets or self._parentheses or self._in_tag or self._ticks or self._run)

    def take(self, char: str) -> None:
        """Go on by a character. What is open at the end of a line was meant literally."""
        if char == "\n":
            self._brackets = self._parentheses = self._ticks = self._run = 0
            self._in_tag = False
            self._before = ""
            return
        if char == "`":
            self._run += 1
        elif self._run:
            self._end_run()
        if char != "`" and not self._ticks:
            self._take_outside_code(char)
        self._before = char

    def _end_run(self) -> None:
        if not self._ticks:
            self._ticks = self._run
        elif self._ticks == self._run:
            self._ticks = 0
        self._run = 0

    def _take_outside_code(self, char: str) -> None:
        if self._in_tag:
            self._in_tag = char != ">"
        elif self._parentheses:
            self._parentheses += (char == "(") - (char == ")")
        elif char == "(" and self._before == "]":
            self._parentheses = 1
        elif char == "[":
            self._brackets += 1
        elif char == "]" and self._brackets:
            self._brackets -= 1
        elif self._before == "<" and (char.isalpha() or char in "/!"):
            self._in_tag = True
