"""Whether a message in a group is meant for the agent. No I/O."""

from __future__ import annotations

import re
from enum import Enum

GROUP = 3
"""People from whom on ``auto`` asks for a mention: two who share a screen or a question need none."""

FOLLOW_UP_LIMIT = 120.0
"""Seconds after an answer in which its asker's next message counts as a follow-up."""


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


def mentions(text: str, name: str) -> bool:
    """Whether a text names the agent: its name or ``@name`` as separate words.

    Neither ``someone@name.example`` nor ``@name-two`` does. What the name has in parentheses at its
    end need not be written.
    """
    short = name.partition(" (")[0] or name
    pattern = rf"(?<![\w@.-])@?{re.escape(short)}(?![\w-]|\.\w)"
    return re.search(pattern, text, re.IGNORECASE) is not None
