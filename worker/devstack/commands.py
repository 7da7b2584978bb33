"""Runs long commands: their output goes into a log, and their progress is shown."""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from worker.devstack.errors import StackError
from worker.devstack.process import Child
from worker.devstack.progress import ProgressLine

Report = Callable[[str], None]
"""Shows one line to the user."""

_PAUSE = 1.0
"""Seconds between two looks at what a command has written."""

_SIGNS_OF_NO_NETWORK = ("Retrying (Retry", "dial tcp", "TLS handshake timeout")
"""What pip and Go print if a download fails."""


def run_logged(
    command: Sequence[str],
    log: Path,
    progress: Callable[[str, int], str],
    *,
    stdin: int = subprocess.DEVNULL,
    env: Mapping[str, str] | None = None,
) -> None:
    """Run a command to its end, its output in a file.

    Args:
        command: Program and arguments.
        log: Where its output goes, replaced if it exists.
        progress: Returns a line that shows how far it is, from the output and the seconds so far.
        stdin: Its standard input, as `subprocess` takes it.
        env: The whole environment; None means ours.

    Raises:
        subprocess.CalledProcessError: It failed; the output is in the exception too.
        StackError: It could not be started.
    """
    started = time.monotonic()
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        log.open("wb") as output,
        ProgressLine(sys.stdout) as line,
        Child(command[0], command, env=env, output=output, stdin=stdin) as child,
    ):
        while (status := child.wait(_PAUSE)) is None:
            line.show(progress(_read(log), round(time.monotonic() - started)))
    if status:
        raise subprocess.CalledProcessError(status, list(command), _read(log))


def failure(what: str, error: subprocess.CalledProcessError, log: Path) -> StackError:
    """Return a one-line error for a command that failed: its last message, and where its log is."""
    if any(sign in error.output for sign in _SIGNS_OF_NO_NETWORK):
        return StackError(
            f"{what} failed: could not download files; check the network connection (log: {log})"
        )
    lines = [line.strip() for line in error.output.splitlines() if line.strip()]
    complaints = [line for line in lines if line.lower().startswith(("error", "fatal"))]
    last = (complaints or lines or [f"exit status {error.returncode}"])[-1]
    return StackError(f"{what} failed: {last} (full log: {log})")


def _read(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")
