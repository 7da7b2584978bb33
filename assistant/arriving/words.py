"""Where words begin and end in folded text, by Unicode's rules for any script. No I/O."""

from __future__ import annotations

import unicodedata

import regex

_BREAK = regex.compile(r"\b", regex.WORD)
"""Default word boundaries of UAX 29."""

_MARK = regex.compile(r"\p{M}")
_KOREAN = regex.compile(r"\p{Hangul}{2}")

_CONNECTORS = ".-_@"
"""What makes one word of two that it connects: ``assistant.example``, ``my_assistant``. Apostrophes do
not, unlike in UAX 29: names have endings and articles."""

_OF_BOTH_KANA = "KATAKANA-HIRAGANA"
"""How the name of the mark of a long sound begins, which belongs to the word that it is in."""

_LONGEST_MARKS = 32
"""Marks that may be on one letter of folded text, and some more."""


def has_word(text: str, word: str) -> bool:
    """Whether a word, or several, stand in a text apart from others.

    Args:
        text: Folded, see `folding`.
        word: Likewise; not empty.
    """
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        if _begins_word(text, start) and _ends_word(text, end):
            return True
        start = text.find(word, start + 1)
    return False


def _begins_word(text: str, at: int) -> bool:
    # Twice the sign is no way to address anybody.
    return not text.startswith("@@", max(0, at - 2), at) and not _is_within_word(text, at)


def _ends_word(text: str, at: int) -> bool:
    # Korean writes its particles onto the word.
    return _KOREAN.match(text, at - 1) is not None or not _is_within_word(text, at)


def _is_within_word(text: str, at: int) -> bool:
    """Whether what is before an index belongs to the same word as what is after it."""
    if _are_joined(text, at - 1, at):
        return True
    if text[at : at + 1] in _CONNECTORS and _are_joined(text, at - 1, at + 1):
        return True
    return text[at - 1 : at] in _CONNECTORS and _are_joined(text, at - 2, at)


def _are_joined(text: str, left: int, right: int) -> bool:
    """Whether two characters are of one word if nothing is between them."""
    if left < 0 or right >= len(text) or " " in (text[left], text[right]):
        return False
    if _MARK.match(text[right]):
        return right - left == 1
    before, after = _letter(text, left), text[right]
    if "_" in (before, after) or _BREAK.match(before + after, 1):
        return False
    if not (before.isalpha() and after.isalpha()):
        return True
    scripts = (_script(before), _script(after))
    return scripts[0] == scripts[1] or _OF_BOTH_KANA in scripts


def _letter(text: str, at: int) -> str:
    """The letter on which the marks at an index are."""
    first = max(0, at - _LONGEST_MARKS)
    while at > first and _MARK.match(text[at]):
        at -= 1
    return text[at]


def _script(letter: str) -> str:
    """The script of a letter, with which its name begins: Python has no other list of scripts."""
    return unicodedata.name(letter, "").partition(" ")[0]
