"""Makes all that Python prints of this process neutral: its log, its tracebacks and its warnings."""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from typing import TextIO

from .exceptions import HIDDEN, format_exception
from .records import NeutralRecords

_records = NeutralRecords()

_SPEAKING = (DeprecationWarning, PendingDeprecationWarning, FutureWarning, ImportWarning)
"""Warnings whose text is about code. That of others may quote a value, as pydantic's does."""

_NEVER_AWAITED = "coroutine '"


def hide_private() -> None:
    """Print nothing private from now on. Call it after logging was set up; again does no harm."""
    handlers = [*logging.getLogger().handlers, logging.lastResort]
    for handler in handlers:
        if handler is not None and _records not in handler.filters:
            handler.addFilter(_records)
    # Of a record that cannot be formatted, logging would print the message, the values and the exception.
    logging.raiseExceptions = False
    sys.excepthook = _print_uncaught
    sys.unraisablehook = _print_unraisable
    threading.excepthook = _print_of_thread
    warnings.showwarning = _print_warning


def print_panic(*_: object, **__: object) -> None:
    """Print that native code failed, in the place of the SDK's ``print`` of what it says."""
    _print(f"FFI Panic: {HIDDEN}")


def _print(text: str) -> None:
    # There is none where a program runs without a console.
    if sys.stderr is not None:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def _print_uncaught(_: object, error: BaseException, __: object) -> None:
    _print(format_exception(error))


def _print_of_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        name = args.thread.name if args.thread is not None else "unknown"
        _print(f"Exception in thread {name}:\n{format_exception(args.exc_value)}")


def _print_unraisable(unraisable: sys.UnraisableHookArgs) -> None:
    where = getattr(unraisable.object, "__qualname__", type(unraisable.object).__qualname__)
    said = format_exception(unraisable.exc_value) if unraisable.exc_value is not None else HIDDEN
    _print(f"Exception ignored in: {where}\n{said}")


def _print_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    del file, line
    text = str(message)
    if not issubclass(category, _SPEAKING) and not text.startswith(_NEVER_AWAITED):
        text = HIDDEN
    _print(f"{filename}:{lineno}: {category.__name__}: {text}")
