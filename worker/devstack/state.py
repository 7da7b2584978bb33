"""The files in which other programs, such as `make chat`, find a running stack."""

import fcntl
import json
import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from worker.devstack.errors import StackError
from worker.devstack.paths import RUN

STATE_FILE = "stack.json"
"""For programs of this project."""

SHELL_FILE = "livekit.env"
"""For a shell to source, so that LiveKit's own tools find the server."""


@dataclass(frozen=True)
class StackState:
    """How to join the room of a running stack."""

    url: str
    api_key: str
    api_secret: str = field(repr=False)
    room: str
    pid: int = field(default_factory=os.getpid)
    """The process to interrupt in order to stop it."""


@contextmanager
def only_one(folder: Path = RUN) -> Iterator[None]:
    """Prevent a second stack in the same checkout, and clean up after a killed one.

    Raises:
        StackError: One is already running.
    """
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as file:
        try:
            # The kernel lets go of the lock however its owner ends.
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackError("`make dev` is already running in this folder") from None
        _remove(folder)
        yield


@contextmanager
def published(state: StackState, folder: Path = RUN) -> Iterator[None]:
    """Keep the state in files that only their owner can read, while in this context."""
    _write(folder / STATE_FILE, json.dumps(asdict(state)))
    _write(folder / SHELL_FILE, _shell_script(state))
    try:
        yield
    finally:
        _remove(folder)


def _shell_script(state: StackState) -> str:
    variables = {
        "LIVEKIT_URL": state.url,
        "LIVEKIT_API_KEY": state.api_key,
        "LIVEKIT_API_SECRET": state.api_secret,
    }
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())


def _write(path: Path, text: str) -> None:
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.unlink(missing_ok=True)
    with open(unfinished, "x", encoding="utf-8", opener=_private) as file:
        file.write(text)
    unfinished.replace(path)


def _remove(folder: Path) -> None:
    for name in (STATE_FILE, SHELL_FILE):
        (folder / name).unlink(missing_ok=True)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
