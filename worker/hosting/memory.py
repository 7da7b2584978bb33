"""The memory of this worker: the machine's, or the limit of its cgroup."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Memory:
    """What there is, in bytes."""

    total: int
    """All of it."""

    available: int
    """What can be had without swapping."""

    @property
    def used_share(self) -> float:
        """How much of it is in use, from 0 to 1."""
        return min(1.0, max(0.0, 1.0 - self.available / self.total))


def read_memory(cgroups: Path = CGROUPS, membership: Path = Path("/proc/self/cgroup")) -> Memory:
    """Look at the machine and at every cgroup around this process; the scarcest counts.

    Args:
        cgroups: Where cgroups are mounted.
        membership: The file that says which cgroup this process is in.
    """
    machine = psutil.virtual_memory()
    found = [Memory(machine.total, machine.available), *_limits(cgroups, membership)]
    return Memory(min(m.total for m in found), min(m.available for m in found))


def _limits(cgroups: Path, membership: Path) -> Iterator[Memory]:
    for folder in _folders(cgroups, membership):
        total = _read_int(folder / "memory.max")
        used = _read_int(folder / "memory.current")
        if total is not None and used is not None:
            yield _memory(total, used, folder / "memory.stat", "inactive_file")
    # The first version of cgroups; in a container its own limit is at the root.
    old = cgroups / "memory"
    total = _read_int(old / "memory.limit_in_bytes")
    used = _read_int(old / "memory.usage_in_bytes")
    if total is not None and used is not None:
        yield _memory(total, used, old / "memory.stat", "total_inactive_file")


def _memory(total: int, used: int, statistics: Path, cache: str) -> Memory:
    # What is cached of files counts as used, but is given up when memory is asked for.
    used -= min(used, _read_statistic(statistics, cache))
    return Memory(total, max(0, total - used))


def _folders(cgroups: Path, membership: Path) -> Iterator[Path]:
    try:
        lines = membership.read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    own = next((line.removeprefix("0::/") for line in lines if line.startswith("0::/")), None)
    if own is not None:
        folder = cgroups / own
        yield folder
        yield from (parent for parent in folder.parents if parent.is_relative_to(cgroups))


def _read_int(file: Path) -> int | None:
    try:
        return int(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # Not there, or "max".
        return None


def _read_statistic(file: Path, name: str) -> int:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    values = (line.split() for line in lines)
    return next((int(value[1]) for value in values if value[0] == name), 0)
