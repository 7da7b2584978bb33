"""Whether a message in a group is meant for the agent. No I/O."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache

import regex

from .folding import ZERO_WIDTH_SPACE, fold
from .words import has_word

GROUP = 3
"""People from whom on ``auto`` asks for a mention: two who share a screen or a question need none."""

FOLLOW_UP_LIMIT = 120.0
"""Seconds after an answer in which its asker's next message counts as a follow-up."""

_ASIDE = regex.compile(r"(?s)(?: \(|\N{FULLWIDTH LEFT PARENTHESIS}).*")
_SYMBOLS = regex.compile(r"[0-9#*]\ufe0f?\u20e3|(?!\p{Alphabetic})\p{So}|\p{Sk}|\p{RI}|\p{EPres}")
_EDGES = regex.compile(r"^[^\w.]+|\W+$")


class Mention(Enum):
    """When the agent must be addressed to answer."""

    AUTO = "auto"
    """Where `GROUP` or more people are."""

    ALWAYS = "always"
    """Where more than one person is."""

    NEVER = "never"
    """It answers everything."""


def needs_mention(mention: Mention, people: int) -> bool:
    """Whether a message must address the agent, in a room with so many people."""
    match mention:
        case Mention.AUTO:
            return people >= GROUP
        case Mention.ALWAYS:
            return people > 1
        case Mention.NEVER:
            return False


def needs_name_aloud(mention: Mention, people: int) -> bool:
    """Whether spoken words must name the agent: two people in a call speak to each other."""
    return mention is not Mention.NEVER and people > 1


def mentions(text: str, name: str) -> bool:
    """Whether a text names the agent: its name or ``@name`` as separate words, in any script.

    Neither ``someone@name.example`` nor ``@name-two`` does. See `names_of` for what counts as the
    name.
    """
    readings = [fold(text)]
    if ZERO_WIDTH_SPACE in text:
        readings.append(fold(text, zero_width_space=" "))
    return any(has_word(reading, called) for reading in readings for called in names_of(name))


@lru_cache(maxsize=32)
def names_of(name: str) -> tuple[str, ...]:
    """What people call an agent, folded: the longest first.

    That is its name, without what it has in parentheses at its end, with and without the emoji,
    symbols and punctuation around and between its words. None if nothing of the name can be seen.
    """
    short = _ASIDE.sub("", name) or name
    # A lone ASCII letter is no name: every "c" would name "C++".
    bare = fold(_EDGES.sub("", _SYMBOLS.sub(" ", short)))
    names = {fold(short), bare if len(bare.encode()) > 1 else ""} - {""}
    return tuple(sorted(names, key=len, reverse=True))
