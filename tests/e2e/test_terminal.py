"""`python -m chat` as a program in a pipe, as itself and as a client of each dialect."""

from __future__ import annotations

import subprocess
import sys

import pytest

from chat.terminal.played.clients import CLIENTS
from tests.doubles import FakeOpenAI, Message, Reply, last_user_text, words
from tests.e2e.scripts import conversation
from tests.environment import environment_with
from worker.devstack.livekit_server import LiveKitServer
from worker.devstack.paths import PROJECT

LIMIT = 90.0
"""Seconds for a whole conversation, on a busy machine."""


def answer_slowly(messages: list[Message]) -> Reply:
    """An echo that takes long enough to be seen growing."""
    text = f"You said: {last_user_text(messages)} " + "and so on " * 20 + "for ever"
    return Reply(words(text), interval=0.02)


def converse(
    server: LiveKitServer, *arguments: str, lines: str
) -> subprocess.CompletedProcess[str]:
    settings = {
        "LIVEKIT_URL": server.url,
        "LIVEKIT_API_KEY": server.api_key,
        "LIVEKIT_API_SECRET": server.api_secret,
        "CHAT_AGENT_NAME": "",
    }
    return subprocess.run(
        [sys.executable, "-m", "chat", *arguments],
        cwd=PROJECT,
        env=environment_with(**settings),
        input=lines,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )


@pytest.mark.usefixtures("shared_worker")
@pytest.mark.parametrize("dialect", [None, *(dialect.value for dialect in CLIENTS)])
def test_each_line_is_answered_once(
    dialect: str | None, livekit_server: LiveKitServer, llm: FakeOpenAI, room_name: str
) -> None:
    llm.script = answer_slowly
    played = [] if dialect is None else ["--dialect", dialect]
    lines = "one, für Ada\ntwo\n"
    ended = converse(livekit_server, "--room", room_name, *played, lines=lines)
    expected = [
        f"Assistant: You said: {line} {'and so on ' * 20}for ever" for line in lines.splitlines()
    ]
    assert ended.stdout.splitlines() == expected, ended.stderr
    assert ended.returncode == 0, ended.stderr
    asked = [text for role, text in conversation(llm.requests[-1]) if role == "user"]
    assert asked == lines.splitlines()
