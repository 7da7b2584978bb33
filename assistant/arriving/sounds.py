"""How words sound, roughly: what ears take for the same is written the same. No I/O."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import regex

_ACCENTED = regex.compile(r"([\p{Latin}\p{Greek}\p{Cyrillic}\p{Hebrew}\p{Arabic}])\p{M}+")
"""Letters of scripts in which a word can be read without the marks on it."""

_WORDS = regex.compile(r"[\w\p{M}]+")

_LATIN = dict(
    zip(
        "абвгдезийклмнопрстуфхцыэіїєґαβγδεζηικλμνοπρστυφχωςß",
        "abvgdeziiklmnoprstufhcyeiiegabgdeziiklmnoprstufhos" + "s",
        strict=True,
    )
) | {"ж": "zh", "ч": "ch", "ш": "sh", "щ": "sh", "ю": "yu", "я": "ya", "ь": "", "ъ": "", "θ": "th"}
"""Letters of other alphabets, in which a transcriber may write a name that is Latin, and reverse."""

_SPELLINGS = [
    (regex.compile(pattern), sound)
    for pattern, sound in [
        (r"ph", "f"),
        (r"th", "t"),
        (r"(?:sc|c)(?=[eiy])|z", "s"),
        (r"ch(?=[aolr]|$)|c?k|q|c(?!h)", "k"),
        (r"x", "ks"),
        (r"(?<=[aeiouy])h(?![aeiouy])", ""),
        (r"(.)\1+", r"\1\1"),
        (r"oo|o[uw]", "u"),
        (r"ee|ea|ie", "i"),
        (r"(?<![aeiou])[ae][iy](?![aeiou])", "a"),
        (r"y", "i"),
        (r"(.)\1+", r"\1"),
        (r"(?<=[^aeiou].*[^aeiou])e$", ""),
    ]
]
"""Spellings of one sound in Latin letters, in the order in which they are looked for."""


def words_of(text: str) -> list[str]:
    """The words of a folded text, without punctuation and accents."""
    return _WORDS.findall(without_accents(text))


def without_accents(text: str) -> str:
    """A folded text without the marks that a writer may leave out."""
    return unicodedata.normalize("NFC", _ACCENTED.sub(r"\1", unicodedata.normalize("NFD", text)))


@lru_cache(maxsize=4096)
def sound_of(word: str) -> str:
    """What a word sounds like, in letters: equal for spellings that ears do not tell apart.

    Args:
        word: One of `words_of`.
    """
    sound = "".join(_LATIN.get(letter, letter) for letter in word)
    for spelling, letters in _SPELLINGS:
        sound = spelling.sub(letters, sound)
    return sound
