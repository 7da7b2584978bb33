"""Models that a process of ours serves on loopback."""

import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Self

from worker.devstack.ports import LOOPBACK, free_port
from worker.devstack.process import Child
from worker.devstack.readiness import wait_until_answers


@dataclass(frozen=True)
class LocalService(ABC):
    """A running process that serves models with OpenAI's API."""

    name: ClassVar[str]
    """What a person calls it."""

    module: ClassVar[str]
    """What is run; it is told the port."""

    port: int
    process: Child = field(repr=False)

    @property
    def base_url(self) -> str:
        """Where it is, up to ``/v1``."""
        return f"http://{LOOPBACK}:{self.port}/v1"

    @classmethod
    @contextmanager
    def start(cls, *, log: Path | None = None) -> Iterator[Self]:
        """Serve on a free port, and end that with the context.

        Args:
            log: Where the process's output goes; None keeps it until the context ends.

        Raises:
            StackError: Its models are not installed, or it cannot be started.
        """
        cls.require_installed()
        port = free_port()
        command = [sys.executable, "-m", cls.module, str(port)]
        with tempfile.TemporaryDirectory(prefix="local-service-") as scratch:
            log = log or Path(scratch, "log")
            with log.open("wb") as output, Child(cls.name, command, output=output) as process:
                wait_until_answers(f"http://{LOOPBACK}:{port}/health", process, log)
                yield cls(port=port, process=process)

    @classmethod
    @abstractmethod
    def require_installed(cls) -> None:
        """Do nothing if its models are there.

        Raises:
            StackError: They are not.
        """
