"""Small models for speech on loopback, used if the LLM's service has none and no other is named.

`python -m worker.devstack.local_speech` installs them.
"""

import importlib
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from worker.devstack.command_line import run_command
from worker.devstack.commands import Report
from worker.devstack.environment import prepare
from worker.devstack.errors import StackError
from worker.devstack.local_service import LocalService
from worker.devstack.paths import VENV
from worker.devstack.speech_models import are_installed

_NO_PACKAGE = re.compile(r"No matching distribution found for ([\w-]+)")
"""What pip says where a package has no file for the platform."""


@dataclass(frozen=True)
class LocalSpeech(LocalService):
    """Running local models with OpenAI's API for speech."""

    name = "local speech"
    module = "worker.devstack.speech_server"

    @classmethod
    def require_installed(cls) -> None:
        """See `LocalService`."""
        if not are_installed():
            raise StackError("the local models for speech are not installed; run `make setup`")


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
