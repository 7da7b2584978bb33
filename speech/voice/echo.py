"""What was spoken aloud a moment ago, to tell its echo in a microphone from a person. No I/O."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import regex

BEFORE = 2.0
"""Seconds for which what was said is still in the air, or on its way, when an utterance begins."""

KEPT = 300.0
"""Seconds for which is remembered what was said: longer than an utterance may take to be understood."""

SHARE = 0.8
"""How much of an echo is heard right."""

LETTERS = 0.85
"""How many of the letters of an echo are heard right, where whole words are not: people who say
something else have two thirds in common with the voice at most."""

ENOUGH = 6
"""Weight of an utterance that is not too short to tell: three words."""

SPREAD = 1.25
"""By how much more words than an echo has are looked at in one place: some words are not heard."""

ONSET = 0.8
"""Seconds after the voice began in which its echo begins: a person takes longer to respond to it."""

ALIKE = 0.7
"""How much of the first letters of an echo are heard right, if it was broken off in a word."""

TELLING = 4
"""Letters that are enough for some of them to be heard wrong."""

WORD = 2
"""Weight of a word."""

CHARACTER = 1
"""Weight of a character in scripts that put no spaces between words."""

_SIGNS = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_WORDS = regex.compile(rf"[{_SIGNS}]|[[\p{{L}}\p{{M}}\p{{N}}]--[{_SIGNS}]]+", regex.VERSION1)
_APOSTROPHES = regex.compile("['\u2019]")
_SIGN = regex.compile(rf"[{_SIGNS}]")


@dataclass
class _Said:
    """Something that was spoken aloud."""

    words: list[str]
    began_at: float
    ended_at: float | None = None
    """None while it is being spoken."""

    def begins_like(self, heard: Sequence[str], began_at: float) -> bool:
        """Whether something began to be heard as this did, and sounds like its beginning.

        The voice gives way to its own echo at first, so what is heard ends within a word.
        """
        return 0 <= began_at - self.began_at <= ONSET and sounds_like(heard, self.words)


class EchoMemory:
    """Remembers what was spoken aloud, and when. Times are those of one clock, in seconds."""

    def __init__(self) -> None:
        self._said: deque[_Said] = deque()

    def begin(self, text: str, now: float) -> None:
        """Note that some text begins to be spoken, after what was spoken before."""
        self.end(now)
        self._said.append(_Said(words_of(text), now))
        while (ended := self._said[0].ended_at) is not None and ended < now - KEPT:
            self._said.popleft()

    def end(self, now: float) -> None:
        """Note that it is silent now."""
        if self._said and self._said[-1].ended_at is None:
            self._said[-1].ended_at = now

    def is_own(self, text: str, began_at: float, *, after_echo: bool = False) -> bool:
        """Whether a transcript repeats what was spoken from shortly before it began until now.

        Nearly all of its words, or letters, have to stand there close together, in order. A person may say "stop",
        "yes" or "the second one" while the same words are spoken: what has less than three words is an
        echo only if it is all of what was spoken, or began as the voice did and sounds like its
        beginning, or follows on an echo; and a single word never is in the first case.

        Args:
            text: What was heard.
            began_at: When it began to be heard.
            after_echo: Whether what was heard just before it, without a long pause, was an echo.
        """
        heard = words_of(text)
        since = began_at - BEFORE
        said = [each for each in self._said if each.ended_at is None or each.ended_at >= since]
        if any(each.begins_like(heard, began_at) for each in said):
            return True
        spoken = [word for each in said for word in each.words]
        if _weight(heard) >= ENOUGH:
            return repeats(heard, spoken) or repeats("".join(heard), "".join(spoken), share=LETTERS)
        if after_echo:
            return bool(heard) and holds(spoken, heard)
        return len(heard) > 1 and any(heard == each.words for each in said)


def words_of(text: str) -> list[str]:
    """The words of a text for comparing, without marks. Signs of scripts without spaces are words."""
    return _WORDS.findall(_APOSTROPHES.sub("", text.casefold()))


def repeats(heard: Sequence[str], spoken: Sequence[str], *, share: float = SHARE) -> bool:
    """Whether most of some words, or letters, are found in others, in order and close together."""
    needed = math.ceil(len(heard) * share)
    size = math.ceil(len(heard) * SPREAD)
    step = max(1, size // 8)
    starts = range(0, max(1, len(spoken) - size + step), step)
    return any(in_common(heard, spoken[at : at + size + step]) >= needed for at in starts)


def holds(spoken: Sequence[str], heard: Sequence[str]) -> bool:
    """Whether some words stand among others exactly as they are."""
    size = len(heard)
    return any(list(spoken[at : at + size]) == list(heard) for at in range(len(spoken) - size + 1))


def sounds_like(heard: Sequence[str], spoken: Sequence[str]) -> bool:
    """Whether most letters of some words are the first letters of others, in order."""
    letters = "".join(heard)
    if len(letters) < TELLING:
        return bool(letters) and "".join(spoken).startswith(letters)
    size = math.ceil(len(letters) * SPREAD)
    return in_common(letters, "".join(spoken)[:size]) >= len(letters) * ALIKE


def in_common(some: Iterable[str], others: Sequence[str]) -> int:
    """How many words, or letters, two texts have in common, in the same order.

    Each bit of a number stands for a word of the others, so that one step compares a word with all.
    """
    places: dict[str, int] = {}
    for index, word in enumerate(others):
        places[word] = places.get(word, 0) | 1 << index
    everything = (1 << len(others)) - 1
    unmatched = everything
    for word in some:
        matching = unmatched & places.get(word, 0)
        unmatched = (unmatched + matching | unmatched - matching) & everything
    return (everything ^ unmatched).bit_count()


def _weight(words: Iterable[str]) -> int:
    return sum(_weights(words))


def _weights(words: Iterable[str]) -> Iterator[int]:
    for word in words:
        yield CHARACTER if _SIGN.match(word) else WORD
