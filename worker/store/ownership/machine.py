"""What tells that another process of the same machine is gone, without waiting for its heartbeat to expire.

It needs Linux's /proc. Elsewhere no two processes are known to share a machine.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
"""Where the kernel shows its processes."""

UNKNOWN = ""
"""The machine of a process of which one can't tell whether it is still there."""

_STATE, _STARTED = 0, 19
"""Fields of /proc/PID/stat, counted from the one after the name."""

_ENDED = ("Z", "X", "x")


@dataclass(frozen=True)
class Process:
    """A process, and where it runs."""

    machine: str
    """The same for processes that can see each other; `UNKNOWN` if that can't be told."""

    pid: int
    """Its process id, which another may get later."""

    started_at: float
    """Seconds from the machine's start to its own: the wall clock may be set meanwhile."""


def this_process(proc: Path = PROC) -> Process:
    """Describe the process that we are.

    Args:
        proc: Where the kernel shows its processes.
    """
    pid = os.getpid()
    started_at = _started_at(pid, proc)
    if started_at is None:
        return Process(UNKNOWN, pid, 0.0)
    return Process(_machine(pid, proc), pid, started_at)


def is_gone(process: Process, here: str, proc: Path = PROC) -> bool:
    """Whether a process has certainly ended.

    Args:
        process: The process.
        here: The machine that we are on.
        proc: Where the kernel shows its processes.
    """
    if here == UNKNOWN or process.machine != here:
        return False
    try:
        # It may be somebody else's, whom /proc need not show to us.
        os.kill(process.pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    fields = _fields(process.pid, proc)
    if fields is None:
        return False
    return fields[_STATE] in _ENDED or _seconds(fields) != process.started_at


def _machine(pid: int, proc: Path) -> str:
    """Boot and PID namespace; and the host's name, as copies of a machine may have both in common."""
    try:
        boot = (proc / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        # A container may show the processes of its host, where our number means somebody else.
        if (proc / "self").readlink().name != str(pid):
            return UNKNOWN
        namespace = (proc / "self/ns/pid").readlink().name
    except (OSError, ValueError):
        return UNKNOWN
    return f"{boot} {namespace} {socket.gethostname()}"[:200] if boot else UNKNOWN


def _started_at(pid: int, proc: Path) -> float | None:
    fields = _fields(pid, proc)
    return None if fields is None else _seconds(fields)


def _seconds(fields: list[str]) -> float:
    return int(fields[_STARTED]) / os.sysconf("SC_CLK_TCK")


def _fields(pid: int, proc: Path) -> list[str] | None:
    try:
        text = (proc / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The process's name may contain anything, closing brackets as well.
    fields = text.rpartition(")")[2].split()
    return fields if len(fields) > _STARTED else None
