"""The program that native code's output goes through on its way to the worker's stderr.

It reads a named pipe and prints what is neutral. It ends when its standard input does, that is with
the worker, however that ended, and after all that was written until then. That is why it is a process
and no thread: what a library prints last, before it takes the worker down, is what matters most.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import sys
import time
from collections.abc import Iterable

from worker.privacy.native_lines import HIDDEN, neutral_line
from worker.privacy.repeats import QUIET, Repeats

LONGEST_LINE = 64 * 1024
"""Bytes of a line that are looked at."""

_UNKNOWN = f"native output: {HIDDEN}"
"""Printed for lines that nothing can be said of. They often are the rest of a record with line breaks."""

_TIME = re.compile(r"^\[[\d:.T-]+Z ")
"""What alone may differ between two lines of which one is enough."""

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Sent to all processes when a machine or a terminal ends, while the worker still has things to say."""


def main(pipe: str) -> None:
    """Filter until the worker has ended.

    Args:
        pipe: The named pipe. It is removed, with its folder, as nobody else is left to do so.
    """
    for each in _ENDING:
        signal.signal(each, signal.SIG_IGN)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    # Without a writer of its own the pipe would end with the first process that closes it.
    writer = os.open(pipe, os.O_WRONLY)
    os.write(sys.stdout.fileno(), b"ready\n")
    try:
        _filter(reader, sys.stdin.fileno())
    finally:
        os.close(writer)
        with contextlib.suppress(OSError):
            os.unlink(pipe)
            os.rmdir(os.path.dirname(pipe))


def _filter(reader: int, worker: int) -> None:
    lines, repeats = Lines(), Repeats(time.monotonic)
    is_over = False
    while not is_over:
        ready, _, _ = select.select([reader, worker], [], [], QUIET if repeats else None)
        is_over = worker in ready
        with contextlib.suppress(BlockingIOError):
            while data := os.read(reader, LONGEST_LINE):
                for line in lines.feed(data):
                    _print_neutral(line, repeats)
                if not is_over and len(data) < LONGEST_LINE:
                    break
        _print(repeats.told())
    if rest := lines.rest():
        _print_neutral(rest, repeats)
    _print(repeats.told(all_now=True))


def _print_neutral(line: bytes, repeats: Repeats) -> None:
    shown = neutral_line(line.decode("utf-8", "replace")) or _UNKNOWN
    if repeats.is_first(_TIME.sub("[", shown)):
        _print([shown])


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        with contextlib.suppress(OSError):
            os.write(2, f"{line}\n".encode())


class Lines:
    """Makes lines of bytes that come in pieces."""

    def __init__(self) -> None:
        self._piece = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Return the lines that are complete with this; of very long ones the beginning."""
        *complete, last = (self._piece + data).split(b"\n")
        self._piece = last[:LONGEST_LINE]
        return [line[:LONGEST_LINE] for line in complete if line]

    def rest(self) -> bytes:
        """Return what no line break came after."""
        return self._piece


if __name__ == "__main__":
    main(sys.argv[1])
