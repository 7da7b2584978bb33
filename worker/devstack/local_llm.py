"""A small model on loopback, used if no LLM is configured."""

import importlib.util
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from worker.devstack.errors import StackError
from worker.devstack.model_server import MODEL, find_model
from worker.devstack.ports import LOOPBACK, free_port
from worker.devstack.process import Child
from worker.devstack.readiness import wait_until_answers


@dataclass(frozen=True)
class LocalLlm:
    """A running local model with OpenAI's chat completions API."""

    port: int
    process: Child = field(repr=False)

    model: str = MODEL
    """What goes into CHAT_MODEL."""

    @property
    def base_url(self) -> str:
        """What goes into OPENAI_BASE_URL."""
        return f"http://{LOOPBACK}:{self.port}/v1"

    @classmethod
    @contextmanager
    def start(cls, *, log: Path | None = None) -> "Iterator[LocalLlm]":
        """Serve the model on a free port, and end it with the context.

        Args:
            log: Where the process's output goes; None keeps it until the context ends.

        Raises:
            StackError: The model is not installed or cannot be started.
        """
        if find_model() is None or importlib.util.find_spec("xllamacpp") is None:
            raise StackError("the local model is not installed; run `make setup`")
        port = free_port()
        command = [sys.executable, "-m", "worker.devstack.model_server", str(port)]
        with tempfile.TemporaryDirectory(prefix="local-llm-") as scratch:
            log = log or Path(scratch, "log")
            with log.open("wb") as output, Child("local model", command, output=output) as process:
                wait_until_answers(f"http://{LOOPBACK}:{port}/health", process, log)
                yield cls(port=port, process=process)
