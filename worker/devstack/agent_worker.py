"""The agent itself, `python agent.py dev`, as a process whose log is shown here."""

import contextlib
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

from worker.devstack.errors import StackError
from worker.devstack.process import Child, describe_status

REGISTERED = b"registered worker"
"""What the agent logs once the LiveKit server can dispatch it."""

REGISTRATION_TIMEOUT = 60.0
"""Seconds that it may take until then."""

_ROUTINE = re.compile(rb"^.{0,40}(?:INFO|DEBUG)")
"""Begins a line of the log that reports nothing wrong. The level comes after a time and a colour."""

LogLevel = Literal["debug", "info", "warn", "error"]

_AGENT = (sys.executable, "agent.py", "dev", "--no-reload")

_LEAVING_LIMIT = 15.0
"""Seconds for leaving its rooms, beyond the grace of replies that are being written."""


class AgentWorker:
    """The running agent.

    Routine lines before its registration are only shown if it fails to register.
    """

    def __init__(self, process: Child, log_level: LogLevel = "info") -> None:
        """Show the output of a process that was started with a pipe."""
        self.process = process
        self._log_level = log_level
        self._held: list[bytes] = []
        self._registered = threading.Event()
        self._copier = threading.Thread(target=self._copy_output, name="agent log", daemon=True)
        self._copier.start()

    @classmethod
    @contextmanager
    def start(
        cls,
        environment: Mapping[str, str],
        *,
        closing_grace: float = 0.0,
        log_level: LogLevel = "info",
    ) -> "Iterator[AgentWorker]":
        """Run the agent with this environment, and end it with the context.

        Args:
            environment: Its environment variables, all of them.
            closing_grace: Seconds that its running replies may take to finish when it is stopped.
            log_level: The lowest level of its log that is shown.
        """
        process = Child(
            "agent.py",
            # Less than that does not tell when it is registered.
            [*_AGENT, "--log-level", "debug" if log_level == "debug" else "info"],
            output=subprocess.PIPE,
            env=environment,
        )
        worker = cls(process, log_level)
        try:
            yield worker
        finally:
            process.stop(closing_grace + _LEAVING_LIMIT)
            worker._copier.join()

    def wait_until_registered(self, timeout: float = REGISTRATION_TIMEOUT) -> None:
        """Return once the LiveKit server knows the agent.

        Raises:
            StackError: It ended, or the time is over.
        """
        deadline = time.monotonic() + timeout
        while not self._registered.wait(0.1):
            self.check()
            if time.monotonic() > deadline:
                self._show_held()
                raise StackError(
                    f"agent.py did not reach the LiveKit server within {timeout:.0f} s; "
                    "see its log above"
                )

    def check(self) -> None:
        """Raise a `StackError` if it has ended."""
        status = self.process.poll()
        if status is not None:
            self._copier.join(1.0)
            self._show_held()
            raise StackError(
                f"agent.py exited unexpectedly ({describe_status(status)}); "
                "its last log lines are above"
            )

    def _copy_output(self) -> None:
        with self.process.output as lines:
            for line in lines:
                if self._is_worth_showing(line):
                    _show(line)
                elif not self._registered.is_set():
                    self._held.append(line)
                if REGISTERED in line:
                    self._registered.set()

    def _is_worth_showing(self, line: bytes) -> bool:
        if self._log_level == "debug" or not _ROUTINE.match(line):
            return True
        return self._log_level == "info" and self._registered.is_set()

    def _show_held(self) -> None:
        while self._held and not self._registered.is_set():
            _show(self._held.pop(0))


def _show(line: bytes) -> None:
    # Where nobody reads any more the agent must not wait for a reader.
    with contextlib.suppress(OSError):
        sys.stdout.buffer.write(line)
        sys.stdout.flush()
