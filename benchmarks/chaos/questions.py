"""Questions that can be told apart by what is answered to them. No I/O."""

import itertools
import re
from collections.abc import Iterable, Sequence

TOKENS = 40
"""Of a reply."""

INTERVAL = 0.05
"""Seconds from one token to the next."""

_WORD = re.compile(r"q\d+x\d+")
_FILLER = "word"


def make_word(room: int, number: int) -> str:
    """Make the word of a question: of its room, and its number there."""
    return f"q{room}x{number}"


def ask_for(word: str) -> str:
    """Put a question whose answer has this word."""
    return f"Please say {word} to me."


def words_asked(text: str) -> list[str]:
    """Find the words of the questions in a text, in order."""
    return list(dict.fromkeys(_WORD.findall(text)))


def reply_tokens(words: Sequence[str]) -> list[str]:
    """Make a reply to the questions with these words: it begins and ends with all of them."""
    both_ends = " ".join(words)
    return [both_ends, *[f" {_FILLER}"] * (TOKENS - 2), f" {both_ends}"]


def words_begun(text: str) -> set[str]:
    """Find the words that a text begins with: the questions it is a reply to."""
    return set(_run_of_words(text.split()))


def words_whole(text: str) -> set[str]:
    """Find those of them that it ends with, too: the questions it answers to the end."""
    parts = text.split()
    # A single word is a beginning, although it also is at the end.
    is_longer = any(not _WORD.fullmatch(part) for part in parts)
    return words_begun(text) & set(_run_of_words(reversed(parts))) if is_longer else set()


def answers_within(text: str, word: str) -> int:
    """Count the whole replies to a question that stand in one text."""
    return text.split().count(word) // 2


def has_notice(text: str) -> bool:
    """Say whether the agent speaks of itself in it: alone, or below a reply that broke off."""
    return bool(text.strip()) and (not words_begun(text) or "\n" in text.strip())


def _run_of_words(parts: Iterable[str]) -> Iterable[str]:
    return itertools.takewhile(_WORD.fullmatch, parts)
