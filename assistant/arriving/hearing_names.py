"""Whether spoken words name the agent, as ears and transcribers may mishear it. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import takewhile

from .folding import fold
from .mention import mentions, names_of
from .sounds import sound_of, words_of

SHORTEST_MISHEARD = 6
"""Letters of a name's sound from which on one may be misheard: too many words are like a shorter one."""

SHORTEST_RESPELLED = 3
"""Letters of a name's sound from which on it may be spelled otherwise."""

_VOWELS = frozenset("aeiou")

_ALIKE = frozenset({"bp", "dt", "gk", "fv", "mn", "bv", "jg"})
"""Consonants that are taken for each other anywhere in a word, each pair in the order of the alphabet."""


def hears_name(text: str, name: str) -> bool:
    """Whether somebody who said this named the agent, also if its name is spelled as it sounds.

    Words that mean something else are taken for the name only if they sound like it: "assistance"
    for "Assistant", but not "resistant".

    Args:
        text: What a transcriber made of the sound.
        name: The agent's name, see `names_of`.
    """
    return mentions(text, name) or any(True for _ in find_names(words_of(fold(text)), name))


def find_names(words: Sequence[str], name: str) -> Iterator[tuple[int, int]]:
    """Where the agent's name may be in words: the first of its words, and the one after it.

    Args:
        words: Those of `words_of`.
        name: The agent's name.
    """
    for called in _called(name):
        # A name is heard as more words than it has, or as fewer.
        for count in range(1, len(called) + 2):
            for start in range(len(words) - count + 1):
                if _is_heard(words[start : start + count], called):
                    yield start, start + count


@lru_cache(maxsize=32)
def _called(name: str) -> tuple[tuple[str, ...], ...]:
    """What people call the agent, each in its words."""
    forms = (tuple(words_of(form)) for form in names_of(name))
    # What is left of "C++" is no name.
    return tuple(dict.fromkeys(words for words in forms if len("".join(words).encode()) > 1))


def _is_heard(heard: Sequence[str], called: Sequence[str]) -> bool:
    spelled, name = "".join(heard), "".join(called)
    if spelled == name:
        return len(heard) <= len(called) or len(name) >= SHORTEST_MISHEARD
    sound, right = sound_of(spelled), sound_of(name)
    if len(heard) > len(called):
        return sound == right and len(right) >= SHORTEST_MISHEARD
    if sound == right:
        return len(right) >= SHORTEST_RESPELLED
    return len(right) >= SHORTEST_MISHEARD and _is_slip(sound, right)


def _is_slip(heard: str, right: str) -> bool:
    """Whether one letter differs, of those that are easily misheard."""
    start = _count_same(heard, right)
    heard, right = heard[start:], right[start:]
    end = _count_same(heard[::-1], right[::-1])
    changed = heard[: len(heard) - end], right[: len(right) - end]
    letters = "".join(sorted("".join(changed)))
    if max(map(len, changed)) > 1:
        return False
    if not end:
        # The end of a word is swallowed, or has an ending; a vowel there makes another name.
        return not _VOWELS & set(letters)
    return letters in _ALIKE or (start > 0 and _VOWELS.issuperset(letters))


def _count_same(one: str, other: str) -> int:
    """With how many letters both begin."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
