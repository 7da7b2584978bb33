"""What a dispatch tells the agent in its job's metadata."""

from __future__ import annotations

import json
from enum import Enum
from typing import TypeVar

from chat import Dialect

from .turns.overlap import Overlap

DIALECT = "chat.dialect"
"""Key, as the participant attribute of that name: how to speak to everybody in the room."""

OVERLAP = "chat.overlap"
"""Key: what becomes of messages that come during a reply in this room."""

Choice = TypeVar("Choice", bound=Enum)


def dialect_for_room(metadata: str) -> Dialect | None:
    """The dialect that a job's metadata asks for.

    Returns:
        None, so that dialects are learned, if it asks for none: metadata belongs to the application
        and may be anything.
    """
    return _choice(metadata, DIALECT, Dialect)


def overlap_for_room(metadata: str) -> Overlap | None:
    """The policy that a job's metadata asks for; None if it asks for none."""
    return _choice(metadata, OVERLAP, Overlap)


def _choice(metadata: str, key: str, choices: type[Choice]) -> Choice | None:
    try:
        return choices(json.loads(metadata)[key])
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
