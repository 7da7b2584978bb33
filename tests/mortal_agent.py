"""An agent in a process of its own that writes half a message, and can be killed then.

Its program is ``python -m tests.mortal_agent``, with the server's URL, a token, the number of messages to wait
for, the message's id and its text as arguments.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from itertools import cycle
from types import TracebackType
from typing import Self

from livekit import rtc

from chat import ChatManager
from tests.waiting import eventually
from worker.devstack.paths import PROJECT

LIMIT = 30.0
"""Seconds for people to come and to write."""

TWIN_LIMIT = 0.5
"""Seconds after a message in which it shows what its sender's client reads."""

STATE_INTERVAL = 0.5
"""Seconds between two states of an agent."""

JOINED, WROTE = "joined", "wrote"
"""What the program prints when it has."""


class MortalAgent:
    """That process."""

    def __init__(
        self, url: str, token: str, *, greetings: int = 0, message_id: str, text: str
    ) -> None:
        """Let it join a room.

        Args:
            url: The server's.
            token: Says which room, and as whom.
            greetings: How many messages it waits for before it writes.
            message_id: The id of what it writes.
            text: What it writes, of a message that is to have more.
        """
        command = [sys.executable, "-m", "tests.mortal_agent", url, token, str(greetings)]
        self._process = subprocess.Popen(
            [*command, message_id, text], cwd=PROJECT, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.kill()

    def wait_until(self, done: str) -> None:
        """Wait until it has `JOINED` or `WROTE`. Call it once for each, in this order."""
        assert self._process.stdout is not None
        assert self._process.stdout.readline().strip() == done

    def kill(self) -> None:
        """End it without a word to anybody."""
        self._process.kill()
        self._process.communicate()


async def write_half(url: str, token: str, greetings: int, message_id: str, text: str) -> None:
    """Join, hear so many messages, write, and wait for the end."""
    room = rtc.Room()
    chat = ChatManager(room)
    heard: list[object] = []
    chat.on("message_received", heard.append)
    await room.connect(url, token)
    states = asyncio.ensure_future(change_state(room.local_participant))
    _tell(JOINED)
    await eventually(lambda: len(heard) >= greetings, LIMIT)
    await asyncio.sleep(TWIN_LIMIT)
    await eventually(lambda: chat._roster.reachable() and not chat._roster.expected(), LIMIT)
    await chat.send_message(text, complete=False, message_id=message_id)
    _tell(WROTE)
    await states


async def change_state(agent: rtc.LocalParticipant) -> None:
    """Be a ready agent, for good: pages offer a chat then, and see only what changes after they came."""
    for state in cycle(("listening", "thinking")):
        await agent.set_attributes({"lk.agent.state": state})
        await asyncio.sleep(STATE_INTERVAL)


def _tell(done: str) -> None:
    sys.stdout.write(f"{done}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(write_half(sys.argv[1], sys.argv[2], int(sys.argv[3]), *sys.argv[4:6]))
