"""Makes text of strangers safe for a screen and for a prompt, and knows what shows nothing. No I/O."""

import re
import unicodedata

_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters, ESC and the C1 range among them
    "\u202a-\u202e\u2066-\u2069"  # overrides that reorder the text around them
    "\ud800-\udfff]"  # lone surrogates, which JSON can carry and no encoding can print
)
_LINE_BREAK = re.compile("\r\n?|[\x85\u2028\u2029]")
_TAB = " " * 4


def printable(text: str) -> str:
    """Return `text` without control characters, and with newlines for line breaks of every kind."""
    return _UNPRINTABLE.sub("", _LINE_BREAK.sub("\n", text)).replace("\t", _TAB)


def printable_line(text: str) -> str:
    """Return `text` without control characters, on one line: for names, topics, reasons."""
    return " ".join(printable(text).split())


_INVISIBLE = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
"""Unicode's categories of what has no shape of its own. Half a character is none: it shows as U+FFFD."""

_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Fillers, which count as letters, marks or symbols, and show nothing."""


def is_blank(text: str) -> bool:
    """Whether nothing of a text can be seen: it is empty, white space, or without any visible shape."""
    return all(
        char.isspace() or unicodedata.category(char) in _INVISIBLE or char in _BLANK_LETTERS
        for char in text
    )
