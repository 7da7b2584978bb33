"""How much of an answer there must be to keep it. No I/O."""

from __future__ import annotations

from itertools import islice

import regex

BEGINNING_SECONDS = 2.0
"""Seconds from its first word in which an answer has hardly begun."""

BEGINNING_WORDS = 12
"""Words before which an answer has hardly begun."""

BEGINNING_CHARS = 200
"""Characters that are as good as these words, whatever they are: digits, dots, emojis."""

# Unicode's rules for words: in scripts that put no spaces between them each character is one.
_WORD = regex.compile(r"\b\w.*?\b", regex.WORD | regex.DOTALL)


def has_hardly_begun(text: str, seconds: float) -> bool:
    """Whether an answer that is interrupted now is not worth keeping.

    Args:
        text: All of it so far.
        seconds: How long ago it got its first word.
    """
    return seconds < BEGINNING_SECONDS or not _has_words(text.strip())


def _has_words(text: str) -> bool:
    if len(text) >= BEGINNING_CHARS:
        return True
    return len(list(islice(_WORD.finditer(text), BEGINNING_WORDS))) == BEGINNING_WORDS
