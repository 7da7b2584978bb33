"""Child processes that stop when asked, and when this process is killed."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from worker.devstack.errors import StackError
from worker.devstack.paths import PROJECT

GRACE = 5.0
"""Seconds that a process has to exit after it was asked to."""


class Child:
    """A running process, with all that it starts, until the context ends.

    It has a session of its own: Ctrl-C in the terminal reaches us alone, so that processes that
    need each other can be ended in order.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        output: IO[bytes] | int,
        stdin: int = subprocess.DEVNULL,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Start the process in the checkout.

        Args:
            name: What a person calls it.
            command: Program and arguments.
            output: Where its standard output and error go, as `subprocess` takes it.
            stdin: Its standard input, likewise.
            env: The whole environment; None means ours.

        Raises:
            StackError: It could not be started.
        """
        self.name = name
        if shutil.which(command[0]) is None:
            raise StackError(f"cannot start {name}: {command[0]} not found or not executable")
        try:
            self._process = subprocess.Popen(
                _leashed(command),
                stdin=stdin,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=env,
                cwd=PROJECT,
                start_new_session=True,
            )
        except OSError as error:
            raise StackError(f"cannot start {name}: {error}") from error

    @property
    def pid(self) -> int:
        """Its process id, which is its process group's too."""
        return self._process.pid

    @property
    def output(self) -> IO[bytes]:
        """What it writes, if it was started with `subprocess.PIPE`."""
        assert self._process.stdout is not None
        return self._process.stdout

    def poll(self) -> int | None:
        """Return the exit status, None while it runs."""
        return self._process.poll()

    def wait(self, timeout: float) -> int | None:
        """Return the exit status, None if it still runs after so many seconds."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(timeout)
        return None

    def stop(self, grace: float = GRACE) -> None:
        """End it: ask first, then, after the grace time in seconds, end what is left by force.

        An interruption ends the grace time at once and leaves nothing running either.
        """
        try:
            if self.poll() is None:
                self._process.terminate()
                self.wait(grace)
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


def died(child: Child, log: Path) -> StackError:
    """Return the error for a process that exited although it should be running."""
    return StackError(
        f"{child.name} exited unexpectedly ({describe_status(child.poll())}); see {log}"
    )


def describe_status(status: int | None) -> str:
    """Put an exit status as `subprocess` gives it into words."""
    if status is None:
        return "still running"
    if status < 0:
        return f"killed by {signal.Signals(-status).name}"
    return f"exit status {status}"


def _leashed(command: Sequence[str]) -> list[str]:
    """Return the command that runs this one so that it ends even if we are killed outright.

    Only Linux can; elsewhere what a killed process had started goes on. The kernel watches the
    thread that starts the program, so that should be one that lives as long as the program.
    """
    if sys.platform != "linux":
        return list(command)
    leash = str(Path(__file__).with_name("leash.py"))
    return [sys.executable, "-I", "-S", leash, str(os.getpid()), *command]
