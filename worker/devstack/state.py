"""The file that tells other programs, such as `make chat`, how to reach a running stack."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from worker.devstack.errors import StackError
from worker.devstack.paths import RUN


@dataclass(frozen=True)
class StackState:
    """How to get into the room that a running stack invites to."""

    url: str
    api_key: str
    api_secret: str = field(repr=False)
    room: str
    pid: int = field(default_factory=os.getpid)
    """The process to interrupt for ending it all."""


@contextmanager
def only_one(folder: Path = RUN) -> Iterator[None]:
    """Keep a second stack from running in the same checkout, and clear up after a killed one.

    Raises:
        StackError: There is one already.
    """
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as file:
        try:
            # The kernel lets go of the lock however its owner ends.
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackError("`make dev` runs in this folder already: use or stop that") from None
        _path(folder).unlink(missing_ok=True)
        yield


@contextmanager
def published(state: StackState, folder: Path = RUN) -> Iterator[Path]:
    """Have the state in the folder's `stack.json`, for the owner's eyes only, in this context."""
    path = _path(folder)
    unfinished = folder / "stack.json.new"
    unfinished.unlink(missing_ok=True)
    with open(unfinished, "x", encoding="utf-8", opener=_private) as file:
        json.dump(asdict(state), file)
    unfinished.replace(path)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _path(folder: Path) -> Path:
    return folder / "stack.json"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
