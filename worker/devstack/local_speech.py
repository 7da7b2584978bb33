"""Small models for speech on loopback, used if the LLM's service has none and no other is named.

`python -m worker.devstack.local_speech` installs them.
"""

import importlib
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from worker.devstack.command_line import run_command
from worker.devstack.commands import Report
from worker.devstack.environment import prepare
from worker.devstack.errors import StackError
from worker.devstack.paths import VENV
from worker.devstack.ports import LOOPBACK, free_port
from worker.devstack.process import Child
from worker.devstack.readiness import wait_until_answers
from worker.devstack.speech_models import are_installed

_NO_PACKAGE = re.compile(r"No matching distribution found for ([\w-]+)")
"""What pip says where a package has no file for the platform."""


@dataclass(frozen=True)
class LocalSpeech:
    """Running local models with OpenAI's API for speech."""

    port: int
    process: Child = field(repr=False)

    @property
    def base_url(self) -> str:
        """What goes into OPENAI_SPEECH_BASE_URL."""
        return f"http://{LOOPBACK}:{self.port}/v1"

    @classmethod
    @contextmanager
    def start(cls, *, log: Path | None = None) -> "Iterator[LocalSpeech]":
        """Serve the models on a free port, and end that with the context.

        Args:
            log: Where the process's output goes; None keeps it until the context ends.

        Raises:
            StackError: They are not installed or cannot be started.
        """
        if not are_installed():
            raise StackError("the local models for speech are not installed; run `make setup`")
        port = free_port()
        command = [sys.executable, "-m", "worker.devstack.speech_server", str(port)]
        with tempfile.TemporaryDirectory(prefix="local-speech-") as scratch:
            log = log or Path(scratch, "log")
            with log.open("wb") as output, Child("local speech", command, output=output) as process:
                wait_until_answers(f"http://{LOOPBACK}:{port}/health", process, log)
                yield cls(port=port, process=process)


def install(report: Report) -> None:
    """Install the models, or say why there will be no speech: all else works without it.

    Raises:
        StackError: They are there, but not as they should be.
    """
    reason = "its models are not installed"
    # In another environment than the checkout's own, what is installed is its owner's affair.
    if Path(sys.prefix) == VENV:
        try:
            prepare(["speech"], report)
        except StackError as error:
            if are_installed():
                raise
            reason = _explain(error)
        importlib.invalidate_caches()
    if not are_installed():
        say_off(reason, report)


def say_off(reason: object, report: Report) -> None:
    """Say that there is no speech, and what to do about it."""
    report(f"speech is off: {reason}; set OPENAI_SPEECH_BASE_URL to use a service")


def _explain(error: StackError) -> str:
    missing = _NO_PACKAGE.search(str(error))
    return f"{missing[1]} has no package for this platform" if missing else str(error)


if __name__ == "__main__":
    run_command(install)
