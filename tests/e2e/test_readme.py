"""The program in README.md, run as it is printed there."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from chat import ChatMessage
from tests.e2e.people import Door, Person
from tests.environment import environment_with
from tests.tokens import MintToken
from tests.waiting import eventually
from worker.devstack.livekit_server import LiveKitServer
from worker.devstack.paths import PROJECT

ROOM = "demo"
"""The room of the program."""
NAME = "echo"
"""The program's identity."""

START_LIMIT = 30.0
"""Seconds for the program to be in the room, on a busy machine."""
END_LIMIT = 20.0
"""Seconds for it to end."""


def program() -> str:
    """The first Python block of README.md that is a whole program."""
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    blocks = re.finditer(r"^```python\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    return next(block[1] for block in blocks if "asyncio.run" in block[1])


@contextlib.asynccontextmanager
async def running(server: LiveKitServer, folder: Path) -> AsyncIterator[None]:
    """Run the program until the end of the block, and press Ctrl-C then."""
    file = folder / "program.py"
    file.write_text(program(), encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(file),
        env=environment_with(
            LIVEKIT_URL=server.url,
            LIVEKIT_API_KEY=server.api_key,
            LIVEKIT_API_SECRET=server.api_secret,
            PYTHONPATH=str(PROJECT),
        ),
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(END_LIMIT):
            _, errors = await process.communicate()
        assert (process.returncode, errors.decode()) == (0, "")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def said_by(identity: str, person: Person) -> list[str]:
    """What a person has read of somebody."""
    return [m.message or "" for m in person.bubbles if m.participant_identity == identity]


def has_said_more(identity: str, person: Person, before: int) -> bool:
    return len(said_by(identity, person)) > before


async def reads_of_program(person: Person, answers: list[str]) -> None:
    """Wait until these are the program's answers."""
    with contextlib.suppress(TimeoutError):
        await eventually(lambda: said_by(NAME, person) == answers, START_LIMIT)
    assert said_by(NAME, person) == answers


@pytest.fixture
def demo(livekit_server: LiveKitServer, token: MintToken) -> Door:
    return Door(livekit_server.url, token, ROOM)


@pytest.mark.usefixtures("llm", "shared_worker")
async def test_people_are_answered_and_agents_are_not(
    demo: Door, livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    async with demo.enter("ada", dialect="stream") as ada, running(livekit_server, tmp_path):
        await eventually(lambda: NAME in ada.room.remote_participants, START_LIMIT)
        assert ada.agent is not None
        agent, answers = ada.agent.identity, []
        for text in ("one", "two"):
            more = partial(has_said_more, agent, ada, len(said_by(agent, ada)))
            await ada.say(text)
            answers.append(f"You said: {text}")
            await reads_of_program(ada, answers)
            await eventually(more, START_LIMIT)
        await ada.say("three")
        await reads_of_program(ada, [*answers, "You said: three"])


async def test_a_bot_that_answers_at_once_is_left_alone(
    demo: Door, livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    async with (
        demo.enter("ada", wait=False, dialect="stream") as ada,
        demo.enter("bot", wait=False, dialect="stream") as bot,
        running(livekit_server, tmp_path),
    ):

        async def answer_at_once(message: ChatMessage) -> None:
            if message.participant_identity == NAME:
                await bot.say("and then?")

        bot.chat.on("message_received", answer_at_once)
        await eventually(lambda: NAME in bot.room.remote_participants, START_LIMIT)
        await bot.say("and then?")
        told = ["You said: and then?"] * 3
        await reads_of_program(ada, told)
        bot.chat.off("message_received", answer_at_once)
        await ada.say("quiet?")
        await reads_of_program(ada, [*told, "You said: quiet?"])
