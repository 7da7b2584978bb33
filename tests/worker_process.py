"""The worker as its users run it: `python agent.py start` in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from tests.doubles import MODEL, FakeOpenAI
from tests.environment import environment_with
from worker.devstack.livekit_server import LiveKitServer
from worker.devstack.process import Child

AGENT = ("agent.py", "start")
"""What users run."""

REGISTERED = "registered worker"
REGISTER_LIMIT = 60.0
"""Seconds from the start of the process to its registration, on a busy machine."""
STOP_LIMIT = 3.0
"""Seconds for a graceful end."""

LogRecord = dict[str, Any]
"""One log line of the worker: `message`, `level` and the values given in `extra`."""


class WorkerProcess:
    """A running worker and what it has logged."""

    def __init__(self, arguments: Sequence[str], settings: Mapping[str, str]) -> None:
        self.logs: list[LogRecord] = []
        """Every line so far; one that is not JSON has only a `message`."""
        self._logged = threading.Condition()
        self._ended = False
        self._process = Child(
            "worker",
            [sys.executable, *arguments],
            output=subprocess.PIPE,
            env=environment_with(**settings),
        )
        self._reader = threading.Thread(target=self._read_logs, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def has_logged(self, message: str) -> bool:
        """Whether there is a line with this `message`."""
        with self._logged:
            return any(line["message"] == message for line in self.logs)

    def wait_for_log(
        self,
        message: str,
        limit: float = 10.0,
        where: Callable[[LogRecord], bool] = lambda _: True,
    ) -> LogRecord:
        """Return the first line with this `message` that `where` holds for.

        Raises:
            AssertionError: There is none after `limit` seconds, or the worker ended without one.
        """

        def found() -> LogRecord | None:
            return next((r for r in self.logs if r["message"] == message and where(r)), None)

        with self._logged:
            self._logged.wait_for(lambda: found() or self._ended, limit)
            record = found()
        if record is None:
            tail = "\n".join(json.dumps(line, ensure_ascii=False) for line in self.logs[-20:])
            raise AssertionError(f"the worker did not log {message!r}; its last lines:\n{tail}")
        return record

    def ask_to_end(self) -> None:
        """Send it what an orchestrator sends first; it drains."""
        os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """Let it be gone from one moment to the next, with all its processes, as a machine that fails does."""
        os.killpg(self.pid, signal.SIGKILL)

    def freeze(self) -> None:
        """Stop it where it is; its connections stay open."""
        os.killpg(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on after `freeze` as if nothing had been."""
        os.killpg(self.pid, signal.SIGCONT)

    def wait_for_end(self, limit: float) -> int | None:
        """Return its exit status; None if it still runs after `limit` seconds."""
        return self._process.wait(limit)

    def stop(self) -> None:
        """End the worker and all its processes."""
        # A worker with open rooms would drain them for up to an hour.
        self._process.stop(STOP_LIMIT)
        self._reader.join()

    def _read_logs(self) -> None:
        with self._process.output as lines:
            for line in lines:
                with self._logged:
                    self.logs.append(_parse(line))
                    self._logged.notify_all()
        with self._logged:
            self._ended = True
            self._logged.notify_all()


@contextmanager
def running_worker(
    server: LiveKitServer,
    llm: FakeOpenAI,
    *,
    arguments: Sequence[str] = AGENT,
    **settings: str,
) -> Iterator[WorkerProcess]:
    """Run a worker, by default `python agent.py start`, against `server` and `llm`, registered and ready for rooms.

    Args:
        server: Where it registers.
        llm: What answers for it.
        arguments: Python's command line.
        settings: Further environment variables.
    """
    process = WorkerProcess(
        arguments,
        {
            "LIVEKIT_URL": server.url,
            "LIVEKIT_API_KEY": server.api_key,
            "LIVEKIT_API_SECRET": server.api_secret,
            "OPENAI_API_KEY": "unused",
            "OPENAI_BASE_URL": llm.base_url,
            "CHAT_MODEL": MODEL,
            "CHAT_HEALTH_PORT": "0",
            # Who asks in a test is a program, and answers like one.
            "CHAT_BOT_TURNS": "0",
            **settings,
        },
    )
    try:
        process.wait_for_log(REGISTERED, REGISTER_LIMIT)
        yield process
    finally:
        process.stop()


def _parse(line: bytes) -> LogRecord:
    try:
        record = json.loads(line)
    except ValueError:
        record = None
    if isinstance(record, dict) and "message" in record:
        return record
    return {"message": line.decode(errors="replace").strip()}
