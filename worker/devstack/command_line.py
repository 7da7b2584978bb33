"""Output and exit status of the development stack's commands."""

import signal
import sys
from collections.abc import Callable
from typing import NoReturn

from worker.devstack.errors import StackError

INTERRUPTED = 130
"""Exit status of a command that was stopped before it was done, as shells have it."""


def say(line: str) -> None:
    """Show a line at once, also when the output is a pipe."""
    print(line, flush=True)


def run_command(command: Callable[[Callable[[str], None]], None]) -> NoReturn:
    """Run a command and exit; an error that a person can do something about is one line.

    SIGTERM and a closed terminal interrupt like Ctrl-C, so that everything is cleaned up.

    Args:
        command: Does the work; gets the function that shows a line.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        command(say)
    except StackError as error:
        _end(f"error: {error}", error.exit_status)
    except OSError as error:  # A full disk, a folder that may not be written to.
        _end(f"error: {error}", StackError.exit_status)
    except KeyboardInterrupt:
        _end("interrupted", INTERRUPTED)
    sys.exit(0)


def _end(line: str, status: int) -> NoReturn:
    print(line, file=sys.stderr, flush=True)
    sys.exit(status)
