"""What a dispatch tells the agent in its job's metadata."""

from __future__ import annotations

import json

from chat import Dialect

DIALECT = "chat.dialect"
"""Key, as the participant attribute of that name: how to speak to everybody in the room."""


def dialect_for_room(metadata: str) -> Dialect | None:
    """The dialect that a job's metadata asks for.

    Returns:
        None, so that dialects are learned, if it asks for none: metadata belongs to the application
        and may be anything.
    """
    try:
        fields = json.loads(metadata)
        return Dialect(fields[DIALECT])
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
