"""The machine and the versions that were measured."""

import importlib.metadata
import os
import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path

from worker.devstack.paths import PROJECT

_LIBRARIES = ("livekit", "livekit-agents", "livekit-plugins-openai", "openai", "uvloop")


def describe_machine(server: Sequence[str]) -> dict[str, object]:
    """Collect what is worth keeping beside the figures.

    Args:
        server: The command that prints the livekit-server's version.
    """
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "python": platform.python_version(),
        "livekit-server": _run(server),
        "libraries": {name: _version(name) for name in _LIBRARIES},
        "commit": _run(["git", "rev-parse", "HEAD"]),
        "uncommitted_changes": bool(_run(["git", "status", "--porcelain"])),
    }


def _processor() -> str:
    try:
        facts = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2] for line in facts.splitlines() if line.startswith("model name")]
    return names[0].strip() if names else platform.processor()


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _run(command: Sequence[str]) -> str | None:
    try:
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
