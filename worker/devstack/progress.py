"""Progress of a long command: one updated line in a terminal, a line every 30 seconds in a log."""

import os
import shutil
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

LOG_INTERVAL = 30.0
"""Seconds between two lines where they cannot be rewritten."""

_ERASE = "\r\x1b[K"
"""Puts the cursor into the first column and empties the line."""


class ProgressLine:
    """Shows the latest state of something that takes long, until its context ends."""

    def __init__(self, output: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        """Show it on `output`; `clock` tells the time in seconds."""
        self._output = output
        self._clock = clock
        self._rewrites = output.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._shown_at = clock()

    def show(self, text: str) -> None:
        """Show a line in place of the one before."""
        if self._rewrites:
            # A line that is broken by the terminal could not be rewritten.
            width = shutil.get_terminal_size().columns - 1
            self._write(_ERASE + text[:width])
        elif self._clock() - self._shown_at >= LOG_INTERVAL:
            self._shown_at = self._clock()
            self._write(text + "\n")

    def _write(self, text: str) -> None:
        self._output.write(text)
        self._output.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._rewrites:
            self._write(_ERASE)
