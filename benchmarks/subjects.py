"""What is compared: the command that starts each worker, and how its clients write to it."""

import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from benchmarks.openrtc_environment import PYTHON as OPENRTC_PYTHON
from benchmarks.processes import ChildFailedError
from benchmarks.stores import Store

BESIDE = "beside"
"""Name of the subject that is not always there: this worker in another environment."""

_NO_PRELOAD = {"LIVEKIT_AGENTS_PRELOAD_LOCAL_INFERENCE": "0"}
"""Models for voice would take memory and time at the start, for nothing."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One way of hosting rooms, and of bringing a reply to the person who chats."""

    name: str
    title: str
    command: tuple[str, ...]

    environment: dict[str, str] = field(default_factory=dict, hash=False)
    """What its worker is told beyond where server and LLM are."""

    speaks: Literal["stream", "json"] = "stream"
    """How the client sends its message: as ``lk.chat`` text stream or as JSON packet."""

    store: Store = "none"
    """What keeps its conversations. It is a fresh one each time."""

    @property
    def listens(self) -> bool:
        """Whether it listens to microphones."""
        return self.environment.get("CHAT_VOICE", "off") != "off"


def _worker(isolation: str, python: str = sys.executable) -> Subject:
    return Subject(
        isolation,
        f"this worker, {isolation}",
        (python, "agent.py", "start"),
        {
            "CHAT_ISOLATION": isolation,
            "CHAT_MAX_ROOMS": "1000",
            "CHAT_HEALTH_PORT": "0",
            # Those who ask here are bots.
            "CHAT_BOT_TURNS": "0",
        },
    )


def _peer(name: str, title: str, module: str) -> Subject:
    python = OPENRTC_PYTHON if name == "openrtc" else sys.executable
    command = (str(python), "-m", f"benchmarks.peers.{module}", "start")
    environment = {} if name == "default" else _NO_PRELOAD
    return Subject(name, title, command, environment)


def beside(python: Path) -> Subject:
    """This worker once more, with what another virtual environment has installed.

    So an update of a library is measured in the same run as what is there.

    Args:
        python: The environment's interpreter.

    Raises:
        ChildFailedError: It has no livekit, or is no Python.
    """
    ask = "from importlib.metadata import version; print(version('livekit'))"
    try:
        answer = subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise ChildFailedError(f"{python} has no livekit: {error}") from error
    title = f"this worker, shared, livekit {answer.stdout.strip()}"
    return replace(_worker("shared", str(python)), name=BESIDE, title=title)


_OURS = _worker("shared")

_LISTENING = replace(
    _OURS,
    name="listen",
    title="this worker, listening",
    # The usual limit is less than what is measured here.
    environment=_OURS.environment | {"CHAT_VOICE": "listen", "CHAT_MAX_MICROPHONES": "1000"},
)

COUNTED = replace(
    _OURS,
    name="churn",
    command=(sys.executable, "-m", "benchmarks.counted_worker", "start"),
)
"""The first of the subjects below, which can also be asked what it takes. Measured by churn alone."""

COUNTED_LISTENING = replace(_LISTENING, name="microphones", command=COUNTED.command)
"""The second one, likewise. Measured by its microphones alone."""

SUBJECTS = (
    _OURS,
    _LISTENING,
    replace(_OURS, name="sqlite", title="this worker, memory in SQLite", store="sqlite"),
    replace(
        _OURS, name="postgresql", title="this worker, memory in PostgreSQL", store="postgresql"
    ),
    _worker("process"),
    _peer("default", "livekit-agents, default", "process_default"),
    _peer("lean", "livekit-agents, lean process per room", "process_lean"),
    _peer("thread", "livekit-agents, lean thread per room", "thread_lean"),
    _peer("openrtc", "openrtc's executor, lean", "coroutine_lean"),
    Subject(
        "json",
        "full JSON per token, lean process per room",
        (sys.executable, "-m", "benchmarks.peers.json_per_token", "start"),
        _NO_PRELOAD,
        speaks="json",
    ),
)
