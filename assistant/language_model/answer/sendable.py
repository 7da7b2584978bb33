"""What of an answer can be sent back to the service. Pure."""

from __future__ import annotations

import json
from typing import Any


def sendable(fields: object) -> dict[str, Any] | None:
    """An object as it is, if a request can have it; else None.

    No request can have half a character, or what is nested too deeply.
    """
    if not isinstance(fields, dict):
        return None
    try:
        json.dumps(fields, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return None
    return fields
