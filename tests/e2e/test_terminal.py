"""``python -m chat`` in a pipe, playing a client of each dialect, with the real worker."""

from __future__ import annotations

import asyncio
import os
import sys

import pytest

from chat.dialect import Dialect
from chat.terminal.played.clients import CLIENTS
from tests.e2e.people import Door
from worker.devstack.livekit_server import LiveKitServer

LIMIT = 60.0
"""Seconds for a whole stay, on a busy machine."""


@pytest.mark.parametrize("dialect", [None, *CLIENTS], ids=str)
async def test_a_question_gets_one_answer(
    dialect: Dialect | None, door: Door, livekit_server: LiveKitServer
) -> None:
    options = [] if dialect is None else ["--dialect", dialect.value]
    terminal = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "chat", "--room", door.room_name, *options],
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={
            **os.environ,
            "LIVEKIT_URL": livekit_server.url,
            "LIVEKIT_API_KEY": livekit_server.api_key,
            "LIVEKIT_API_SECRET": livekit_server.api_secret,
        },
    )
    async with asyncio.timeout(LIMIT):
        shown, notices = await terminal.communicate(b"hello there\n")
    assert terminal.returncode == 0, notices.decode()
    assert shown.decode().count("You said: hello there") == 1
