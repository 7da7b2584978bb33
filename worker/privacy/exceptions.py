"""Exceptions as the log may show them: their kind and where they came from, not what they say.

What an exception says may quote anything: a request that a service refused, a value that does not fit,
a token that a server did not accept.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Iterator

HIDDEN = "[hidden]"
"""Takes the place of what may be private."""

_NEUTRAL = (
    asyncio.CancelledError,
    ImportError,
    MemoryError,
    ModuleNotFoundError,
    NameError,
    NotImplementedError,
    RecursionError,
    SystemExit,
    UnboundLocalError,
)
"""What these say comes from the interpreter, or names parts of the code."""

_NUMBERS = ("status_code", "status", "errno", "returncode")
"""Attributes that say more than a kind does, and are neutral as numbers."""

_CAUSED = "\nThe above exception was the direct cause of the following exception:\n\n"
_MEANWHILE = "\nDuring handling of the above exception, another exception occurred:\n\n"

DEEPEST = 10
"""Exceptions that are shown of a chain."""


def describe_exception(error: BaseException) -> str:
    """Return an exception's kind and what is neutral of it, in one line."""
    kind = type(error)
    name = (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )
    text = str(error) if type(error) in _NEUTRAL else "" if not error.args else HIDDEN
    if isinstance(error, AttributeError) and error.name:
        text = f"no attribute {error.name}"
    numbers = ", ".join(_numbers_of(error))
    said = " ".join(part for part in (text, f"({numbers})" if numbers else "") if part)
    return f"{name}: {said}" if said else name


def _numbers_of(error: BaseException) -> Iterator[str]:
    for name in _NUMBERS:
        value = getattr(error, name, None)
        if isinstance(value, int):
            yield f"{name} {int(value)}"


def format_exception(error: BaseException) -> str:
    """Return a traceback as Python prints it, without what the exceptions say."""
    return "".join(_lines_of(error, set())).rstrip("\n")


def _lines_of(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    before, relation = error.__cause__, _CAUSED
    if before is None and not error.__suppress_context__:
        before, relation = error.__context__, _MEANWHILE
    if before is not None and id(before) not in seen and len(seen) < DEEPEST:
        yield from _lines_of(before, seen)
        yield relation
    if error.__traceback__ is not None:
        yield "Traceback (most recent call last):\n"
        yield from traceback.format_tb(error.__traceback__)
    yield f"{describe_exception(error)}\n"
    if isinstance(error, BaseExceptionGroup):
        for number, each in enumerate(error.exceptions, 1):
            if id(each) not in seen and len(seen) < DEEPEST:
                yield f"--- {number} of {len(error.exceptions)} in the group ---\n"
                yield from _lines_of(each, seen)
