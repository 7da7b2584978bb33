"""Makes texts equal that people take for the same, however a keyboard or a client wrote them. No I/O."""

from __future__ import annotations

import unicodedata

import regex

ZERO_WIDTH_SPACE = "\u200b"

_IGNORABLE = regex.compile(r"\p{Default_Ignorable_Code_Point}+")
# Circled and squared letters are symbols, too, but read as letters.
_SYMBOL = regex.compile(r"(?!\p{Alphabetic})\p{So}")
_MARKS_IN_A_ROW = 30
_MARKS = regex.compile(rf"\p{{M}}{{{_MARKS_IN_A_ROW}}}")
_MARK_BREAK = "\u034f"

_TYPED_VARIANTS = str.maketrans("\u2018\u2019\u201b\u02bc\u2010\u2212\u0131", "''''--i")
"""What phones and word processors put for an apostrophe or a hyphen; and the dotless i, as Turkish
phones make a capital of the one and a small letter of the other."""


def fold(text: str, zero_width_space: str = "") -> str:
    """A text as it compares with others: Unicode's NFKC_Casefold, with single spaces.

    What shows nothing is gone, symbols such as emoji stand alone, and the four letters i of Turkish
    are one. The time is linear in the size, which grows 18 times at most.

    Args:
        text: Any text.
        zero_width_space: What a zero-width space becomes: it may separate words, or be a client's
            invisible mark within one.
    """
    text = _IGNORABLE.sub("", text.replace(ZERO_WIDTH_SPACE, zero_width_space))
    # To sort many marks on one letter takes quadratic time: Unicode's Stream-Safe Text Format.
    text = _MARKS.sub(rf"\g<0>{_MARK_BREAK}", _SYMBOL.sub(r" \g<0> ", text))
    for form in ("NFD", "NFKC"):
        text = unicodedata.normalize(form, text).casefold()
    text = unicodedata.normalize("NFKC", text).replace("i\u0307", "i").translate(_TYPED_VARIANTS)
    return " ".join(_IGNORABLE.sub("", text).split())
