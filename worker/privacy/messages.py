"""The part of a log message that stands in the code that logged it, and so is nobody's data."""

from __future__ import annotations

import inspect
import logging
import re

from .exceptions import HIDDEN

_NUMBER = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?(?: ?[a-z]{1,2}|%)?")
"""What may follow such a beginning: a number, perhaps with a unit. A long one may be a phone's."""

_SHORTEST = 4
"""Characters that a message must have in common with the code."""

_EVENT_LOOP = re.compile(
    r"(?:Task|Future) exception was never retrieved|Task was destroyed but it is pending!"
    r"|Unclosed [a-z ]+|Exception in callback|Exception in [a-z ]+|socket\.send\(\) raised exception\."
    r"|Fatal (?:read |write )?error on [a-z ]+ transport|Unhandled exception in [a-z ]+"
)
"""How messages of the event loop begin. They go on with objects, which may show anything."""

_COROUTINE = re.compile(r"coro=<(?P<name>[\w.<>]{1,200})\(\)")


def known_part(record: logging.LogRecord) -> tuple[str, bool]:
    """Return what is known of a record's message, and whether that is all of it.

    Call it where the record is logged: the calling code is looked up on the stack.
    """
    message = str(record.msg)
    if record.name == "asyncio":
        return _of_event_loop(message), False
    constants = _constants_at(record.pathname, record.lineno)
    if message in constants:
        return message, True
    beginning = max((c for c in constants if message.startswith(c)), key=len, default="")
    if len(beginning) < _SHORTEST:
        return HIDDEN, False
    rest = message[len(beginning) :]
    return beginning + (rest if _NUMBER.fullmatch(rest) else HIDDEN), False


def _of_event_loop(message: str) -> str:
    known = _EVENT_LOOP.match(message)
    coroutine = _COROUTINE.search(message)
    named = f" ({coroutine['name']})" if coroutine else ""
    return f"{known[0] if known else HIDDEN}{named}"


def _constants_at(path: str, line: int) -> set[str]:
    """Return the texts in the code of the function that is at this place."""
    frame = inspect.currentframe()
    while frame is not None:
        if frame.f_lineno == line and frame.f_code.co_filename == path:
            return {each for each in frame.f_code.co_consts if isinstance(each, str)}
        frame = frame.f_back
    return set()
