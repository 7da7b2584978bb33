"""Somebody of the benchmark with harmed workers, in a room with an agent that does everything wrong."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from livekit import rtc

from benchmarks.chaos.counting import count
from benchmarks.chaos.person import Person
from benchmarks.chaos.questions import make_word, reply_tokens, words_asked
from benchmarks.rooms import mint_token
from chat import ChatManager, ChatMessage
from prompts import load
from worker.devstack.livekit_server import LiveKitServer

ROOM = 4
JOIN_LIMIT = 30.0
SECONDS = 12.0
"""For how long questions are asked: one takes a second, and one more than five."""


@pytest.fixture(scope="module")
def empty_server() -> Iterator[LiveKitServer]:
    """A server of its own, to which no worker sends an agent."""
    with LiveKitServer.start() as server:
        yield server


@asynccontextmanager
async def agent(server: LiveKitServer, room: str, identity: str) -> AsyncIterator[rtc.Room]:
    """Be in a room as an agent."""
    connection = rtc.Room()
    await connection.connect(server.url, mint_token(server, room, identity, "agent"))
    try:
        yield connection
    finally:
        await connection.disconnect()


async def test_somebody_sees_all_that_an_agent_does_wrong(empty_server: LiveKitServer) -> None:
    person = Person(ROOM, "wrong")
    twice, broken_off = make_word(ROOM, 2), make_word(ROOM, 3)
    async with AsyncExitStack() as agents:
        connection = await agents.enter_async_context(agent(empty_server, "wrong", "agent-1"))
        chat = ChatManager(connection)

        async def answer(message: ChatMessage) -> None:
            [word] = words_asked(message.message or "")
            tokens = reply_tokens([word])
            if word == broken_off:
                await chat.send_message(f"{''.join(tokens[:9])}\n\n{load('notice_shut_down')}")
                return
            await chat.send_message("".join(tokens))
            if word == twice:
                await chat.send_message("".join(tokens))
                # The server says nothing of somebody who leaves at once.
                await agents.enter_async_context(agent(empty_server, "wrong", "agent-2"))

        chat.on("message_received", answer)
        token = mint_token(empty_server, "wrong", "person")
        assert await person.join(empty_server.url, token, JOIN_LIMIT) is None
        since = time.monotonic()
        await person.ask_until(since + SECONDS)
        await chat.aclose()
    told = count(await person.leave(since))
    assert told.answered == told.questions - 1 >= 4
    assert (told.doubled, told.half, told.sealed, told.again, told.lost) == (1, 0, 1, 1, 0)
    assert told.together == 1
    assert max(ended - began for began, ended in told.silences) > 5
