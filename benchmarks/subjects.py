"""What is compared: the command that starts each worker, and how its clients write to it."""

import sys
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Subject:
    """One way of bringing a reply to the person who chats."""

    name: str
    title: str
    command: tuple[str, ...]

    speaks: Literal["stream", "json"] = "stream"
    """How the client sends its message: as ``lk.chat`` text stream or as JSON packet."""


SUBJECTS = (
    Subject("worker", "this worker", (sys.executable, "agent.py", "start")),
    Subject(
        "roomio",
        "RoomIO's default output",
        (sys.executable, "-m", "benchmarks.peers.roomio", "start"),
    ),
    Subject(
        "json",
        "full JSON per token",
        (sys.executable, "-m", "benchmarks.peers.json_per_token", "start"),
        speaks="json",
    ),
)
