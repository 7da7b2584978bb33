"""The agent itself, `python agent.py dev`, as a process whose log is shown here."""

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from worker.devstack.errors import StackError
from worker.devstack.process import Child, describe_status

REGISTERED = b"registered worker"
"""What the agent logs when the LiveKit server may send it into rooms."""

REGISTRATION_TIMEOUT = 60.0
"""Seconds that it may take until then."""

_LEAVING_LIMIT = 15.0
"""Seconds for leaving its rooms, beyond the grace of replies that are being written."""


class AgentWorker:
    """The running agent."""

    def __init__(self, process: Child) -> None:
        """Show the output of a process that was started with a pipe."""
        self.process = process
        self._registered = threading.Event()
        self._copier = threading.Thread(target=self._copy_output, name="agent log", daemon=True)
        self._copier.start()

    @classmethod
    @contextmanager
    def start(
        cls, environment: Mapping[str, str], *, closing_grace: float = 0.0
    ) -> "Iterator[AgentWorker]":
        """Run the agent with this environment, and end it with the context.

        Args:
            environment: Its environment variables, all of them.
            closing_grace: Seconds that its replies may go on when it is told to end.
        """
        process = Child(
            "agent.py",
            [sys.executable, "agent.py", "dev", "--no-reload"],
            output=subprocess.PIPE,
            env=environment,
        )
        worker = cls(process)
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
                raise StackError(
                    f"agent.py did not reach the LiveKit server within {timeout:.0f} s; "
                    "its log is above"
                )

    def check(self) -> None:
        """Raise a `StackError` if it has ended."""
        status = self.process.poll()
        if status is not None:
            self._copier.join(1.0)
            raise StackError(
                f"agent.py ended by itself ({describe_status(status)}); its last lines are above"
            )

    def _copy_output(self) -> None:
        with self.process.output as lines:
            for line in lines:
                # Where nobody reads any more the agent must not wait for a reader.
                with contextlib.suppress(OSError):
                    sys.stdout.buffer.write(line)
                    sys.stdout.flush()
                if REGISTERED in line:
                    self._registered.set()
