"""What a log may say of an exception. No I/O."""

from __future__ import annotations

import traceback
from pathlib import PurePath

FRAMES = 4
"""Calls, the innermost ones, that are named."""


def failure_fields(error: BaseException) -> dict[str, str]:
    """Fields for a log record: the exception's type, and where it was raised.

    Its own words are left out, as they may quote a message, or name somebody.

    Returns:
        ``cause`` and ``where``. The innermost call comes last; empty if it was never raised.
    """
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    where = " > ".join(f"{PurePath(f.filename).name}:{f.lineno} {f.name}" for f in frames)
    return {"cause": type(error).__name__, "where": where}
