"""The output of a benchmark's processes, read line by line while they run."""

import collections
import queue
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from worker.devstack.process import Child, describe_status

_KEPT_LINES = 20
"""How many lines are quoted of a process that failed."""


_GRACE = 1.0
"""Seconds that a process has to end by itself."""


class ChildFailedError(RuntimeError):
    """A process exited, or stopped writing, before the expected output."""


class Listener:
    """Keeps what a running process writes until it is asked for."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._last_lines: collections.deque[str] = collections.deque(maxlen=_KEPT_LINES)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._child.pid

    def require_alive(self) -> None:
        """Raise ChildFailedError if the process has ended."""
        if self._child.poll() is not None:
            raise self._failure(f"exited ({describe_status(self._child.poll())})")

    def wait_for_line(self, containing: str, limit: float) -> str:
        """Return the next line that has ``containing`` in it.

        Raises:
            ChildFailedError: If it does not come, or nothing else does for ``limit`` seconds.
        """
        while True:
            try:
                line = self._lines.get(timeout=limit)
            except queue.Empty:
                raise self._failure(f"wrote nothing for {limit:g} s") from None
            if line is None:
                raise self._failure(f"exited ({describe_status(self._child.wait(limit))})")
            if containing in line:
                return line

    def take_lines(self, containing: str) -> list[str]:
        """Return the lines so far that have ``containing`` in them, and forget all others."""
        taken = []
        while not self._lines.empty():
            if (line := self._lines.get()) is None:
                self._lines.put(None)
                break
            if containing in line:
                taken.append(line)
        return taken

    def _read(self) -> None:
        with self._child.output as output:
            for raw in output:
                line = raw.decode(errors="replace")
                self._last_lines.append(line)
                self._lines.put(line)
        self._lines.put(None)

    def _failure(self, what: str) -> ChildFailedError:
        quoted = "".join(self._last_lines)
        return ChildFailedError(f"{self._child.name} {what}; its last lines:\n{quoted}")


@contextmanager
def listening_to(
    name: str, command: Sequence[str], environment: Mapping[str, str]
) -> Iterator[Listener]:
    """Run a process for as long as the context lasts.

    Args:
        name: What to call it when it fails.
        command: Program and arguments.
        environment: All of its environment.
    """
    with Child(name, command, output=subprocess.PIPE, env=environment) as child:
        try:
            yield Listener(child)
        finally:
            # A worker would wait for its rooms to end, and nothing of it is needed any more.
            child.stop(_GRACE)
