"""What a worker may ask of an agent in its room: signed, as anybody in the room can call its RPC methods."""

from __future__ import annotations

import os
import time
from enum import Enum

import jwt

_ALGORITHM = "HS256"
"""How LiveKit signs tokens."""

_VALID_SECONDS = 3600.0
"""For how long a request may be made. The clocks of two machines differ, and nobody sees it but the server
and the agent."""


class Purpose(Enum):
    """What is asked, by the name of the RPC method."""

    HAND_OVER = "chat.hand_over"
    """Let another worker's agent take the room."""

    TAKE_OVER = "chat.take_over"
    """Answer what the agent before has left."""


def sign(purpose: Purpose, subject: str, content: str = "") -> str:
    """Return a request that only who has the worker's key can make.

    Args:
        purpose: What it asks.
        subject: Of what: a job's id, or a room's name.
        content: What it tells.
    """
    claims = {
        "purpose": purpose.value,
        "subject": subject,
        "content": content,
        "exp": int(time.time() + _VALID_SECONDS),
    }
    return jwt.encode(claims, os.environ["LIVEKIT_API_SECRET"], algorithm=_ALGORITHM)


def read(request: str, purpose: Purpose, subject: str) -> str | None:
    """Return what a request tells; None if it is not one by who has the key, for this purpose and subject."""
    try:
        # People have tokens that are signed with the same key. They have other claims.
        claims = jwt.decode(
            request,
            os.environ["LIVEKIT_API_SECRET"],
            algorithms=[_ALGORITHM],
            leeway=_VALID_SECONDS,
            options={"require": ["exp"]},
        )
    except jwt.InvalidTokenError:
        return None
    if (claims.get("purpose"), claims.get("subject")) != (purpose.value, subject):
        return None
    content = claims.get("content")
    return content if isinstance(content, str) else None
