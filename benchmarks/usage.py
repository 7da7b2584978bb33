"""What a worker and all processes that it started take: memory and CPU time. Linux only.

Memory is the proportional set size (PSS): a page that several processes share counts once, divided
among them, so that the sum over processes that were forked from one another is true.
"""

import time
from collections.abc import Iterator

import psutil

_SETTLED = 0.01
"""Two readings in a row that differ by less than this share are taken for the memory at rest."""

_PAUSE = 0.5
_SETTLE_LIMIT = 8.0

_MB = 1e6


class ProcessTree:
    """A process and its descendants, as they come and go."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)

    def pss_mb(self) -> float:
        """Sum the memory that is taken now, in millions of bytes."""
        total = 0
        for process in self._processes():
            try:
                total += process.memory_full_info().pss
            except psutil.Error:
                continue  # It ended meanwhile, and takes nothing.
        return total / _MB

    def settled_pss_mb(self) -> float:
        """Wait until the memory no longer changes, for a few seconds at most, and sum it."""
        deadline = time.monotonic() + _SETTLE_LIMIT
        before = self.pss_mb()
        while time.monotonic() < deadline:
            time.sleep(_PAUSE)
            now = self.pss_mb()
            if abs(now - before) < _SETTLED * now:
                return now
            before = now
        return before

    def cpu_seconds(self) -> float:
        """Sum the CPU time of its processes, and of those that ended and were waited for."""
        total = 0.0
        for process in self._processes():
            try:
                times = process.cpu_times()
            except psutil.Error:
                continue
            total += times.user + times.system + times.children_user + times.children_system
        return total

    def _processes(self) -> Iterator[psutil.Process]:
        try:
            yield self._root
            yield from self._root.children(recursive=True)
        except psutil.Error:
            return
