"""A worker that is asked to end hands its rooms over, and nobody's question is lost or answered twice."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from livekit import rtc

from tests.doubles import FakeOpenAI, Reply, echo
from tests.e2e.hosting.rooms import IDENTITY, READY, Rooms, agents_ready, records
from tests.e2e.people import Door, Person
from tests.tokens import MintToken
from tests.waiting import eventually
from tests.worker_process import WorkerProcess, running_worker
from worker.devstack.livekit_server import LiveKitServer
from worker.rescue.requests import Purpose
from worker.rescue.succession import NOT_ALLOWED

END_LIMIT = 40.0
"""Seconds for the worker's end once nothing holds it, on a busy machine."""

HANDED_OVER = "room handed over"
NOBODY_CAME = "no other worker took the room"
DRAINING = "draining worker"

MANY = int(os.environ.get("ROOMS", "10"))
FEW = 3

LONG = "word " * 4_000
"""More than an RPC can carry."""

GAP_LIMIT = 6.0
"""Seconds for which a room may be without an agent, on a busy machine."""

LOG_LIMIT = 15.0
"""Seconds until a line is in a worker's log, likewise."""


class Absence:
    """How long a room was without an agent, as somebody there sees it."""

    def __init__(self, person: Person) -> None:
        self.longest = 0.0
        self._person = person
        self._task = asyncio.get_running_loop().create_task(self._look())

    def close(self) -> None:
        """Look no more."""
        self._task.cancel()

    async def _look(self) -> None:
        loop = asyncio.get_running_loop()
        seen = loop.time()
        while True:
            if self._person.agent is not None:
                seen = loop.time()
            self.longest = max(self.longest, loop.time() - seen)
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def watched(person: Person) -> AsyncIterator[None]:
    """Check that a room is not without an agent for long meanwhile."""
    absence = Absence(person)
    try:
        yield
    finally:
        absence.close()
    assert absence.longest < GAP_LIMIT


async def ends(worker: WorkerProcess) -> None:
    """Check that a worker ends by itself, as it should."""
    assert await asyncio.to_thread(worker.wait_for_end, END_LIMIT) == 0


async def drains(worker: WorkerProcess) -> None:
    """Ask a worker to end, and wait until it knows."""
    worker.ask_to_end()
    await asyncio.to_thread(worker.wait_for_log, DRAINING)


async def test_the_old_agent_finishes_its_reply_and_the_new_one_answers_what_came_meanwhile(
    livekit_server: LiveKitServer,
    fake_openai: FakeOpenAI,
    token: MintToken,
    rooms: Rooms,
    isolation: str,
) -> None:
    reply = Reply(["one ", "two ", "three"], hold_after=1)
    fake_openai.script = lambda _: reply
    door = Door(livekit_server.url, token, "room")
    settings = {"CHAT_ISOLATION": isolation, "CHAT_GREETING": "Hello!"}
    with (
        running_worker(livekit_server, fake_openai, **settings) as one,
        running_worker(livekit_server, fake_openai, **settings) as other,
    ):
        async with door.enter() as ada:
            await ada.reads("Hello!")
            # A process of a room tells its worker what it logs, a little later.
            await eventually(lambda: records(one, READY) or records(other, READY), LOG_LIMIT)
            old, new = (one, other) if records(one, READY) else (other, one)
            await ada.say("hello")
            await ada.sees("one ")
            async with watched(ada):
                await drains(old)
                # What comes before that interrupts the reply, as ever.
                await asyncio.to_thread(old.wait_for_log, "handing the room over")
                await ada.say("next")
                fake_openai.script = echo
                reply.release.set()
                await ada.reads("Hello!", "one two three", "You said: next")
                await ends(old)
            assert len(records(new, READY)) == 1
            await ada.ask("again")
            assert [agent.identity for agent in await rooms.agents_in("room")] == [IDENTITY]
            # The server writes jobs down late for some seconds after a worker has registered.
            assert len(await rooms.jobs_of("room")) <= 1


async def test_where_no_other_worker_has_a_place_the_room_stays_until_it_ends(
    livekit_server: LiveKitServer,
    fake_openai: FakeOpenAI,
    token: MintToken,
    rooms: Rooms,
    isolation: str,
) -> None:
    door = Door(livekit_server.url, token, "room")
    with running_worker(livekit_server, fake_openai, CHAT_ISOLATION=isolation) as worker:
        async with door.enter() as ada:
            await ada.ask("before")
            await drains(worker)
            await ada.ask("meanwhile")
            await asyncio.to_thread(worker.wait_for_log, NOBODY_CAME)
            await ada.ask("after")
            # The server may not have written down the first one either.
            assert len(await rooms.jobs_of("room")) <= 1
            await rooms.close("room")
            await ends(worker)


async def test_a_reply_that_is_longer_than_the_grace_is_given_anew_by_the_next_agent(
    livekit_server: LiveKitServer, fake_openai: FakeOpenAI, token: MintToken
) -> None:
    held = Reply(["one ", "two"], hold_after=1)
    fake_openai.script = lambda _: held
    door = Door(livekit_server.url, token, "room")
    with running_worker(livekit_server, fake_openai, CHAT_CLOSING_GRACE="1") as old:
        async with door.enter() as ada:
            # The LLM must not be waited for longer than it may take, so this comes before the question.
            with running_worker(livekit_server, fake_openai):
                await ada.say("hello")
                await ada.sees("one ")
                fake_openai.script = echo
                await drains(old)
                await ada.reads("You said: hello")
                await ends(old)
                held.release.set()


@pytest.mark.parametrize("has_memory", [False, True])
async def test_what_is_written_when_neither_agent_is_there_is_answered_once(
    livekit_server: LiveKitServer,
    fake_openai: FakeOpenAI,
    token: MintToken,
    tmp_path: Path,
    *,
    has_memory: bool,
) -> None:
    settings = {"CHAT_MEMORY": f"sqlite:///{tmp_path}/memory.db"} if has_memory else {}
    async with contextlib.AsyncExitStack() as stack:
        old = stack.enter_context(running_worker(livekit_server, fake_openai, **settings))
        people = [
            await come(stack, livekit_server, token, f"room-{number}") for number in range(FEW)
        ]
        stack.enter_context(running_worker(livekit_server, fake_openai, **settings))
        said = [say_when_the_agent_is_gone(person, LONG) for person in people]
        await drains(old)
        await ends(old)
        async with asyncio.timeout(END_LIMIT):
            await asyncio.gather(*said)
        for person in people:
            await person.reads("You said: hello", f"You said: {LONG}")
            await person.ask("again")
        newest = str(fake_openai.requests[-1])
        assert all((text in newest) is has_memory for text in ("hello", "You said: hello"))


def say_when_the_agent_is_gone(person: Person, text: str) -> asyncio.Future[None]:
    """Say something as soon as the agent that is there has gone."""
    said: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def say() -> None:
        await person.say(text)
        said.set_result(None)

    def on_gone(_: rtc.RemoteParticipant) -> None:
        person.room.off("participant_disconnected", on_gone)
        saying.append(asyncio.create_task(say()))

    saying: list[asyncio.Task[None]] = []
    person.room.on("participant_disconnected", on_gone)
    return said


async def test_only_a_worker_can_have_a_room_handed_over(
    livekit_server: LiveKitServer, fake_openai: FakeOpenAI, token: MintToken
) -> None:
    door = Door(livekit_server.url, token, "room")
    with running_worker(livekit_server, fake_openai):
        async with door.enter() as ada:
            await ada.ask("hello")
            for purpose in Purpose:
                for payload in ("", token("ada", "room")):
                    with pytest.raises(rtc.RpcError) as refused:
                        await ada.room.local_participant.perform_rpc(
                            destination_identity=IDENTITY, method=purpose.value, payload=payload
                        )
                    assert refused.value.code == NOT_ALLOWED
            await ada.ask("again")


async def test_two_workers_are_replaced_one_after_the_other(
    livekit_server: LiveKitServer, fake_openai: FakeOpenAI, token: MintToken, rooms: Rooms
) -> None:
    names = [f"room-{number}" for number in range(FEW)]
    async with contextlib.AsyncExitStack() as stack:
        first = stack.enter_context(running_worker(livekit_server, fake_openai))
        people = [await come(stack, livekit_server, token, name) for name in names]
        second = stack.enter_context(running_worker(livekit_server, fake_openai))
        await drains(first)
        await ends(first)
        third = stack.enter_context(running_worker(livekit_server, fake_openai))
        await drains(second)
        await ends(second)
        await asyncio.gather(*(person.ask("again") for person in people))
        await agents_ready([third], names)
        for name in names:
            assert len(await rooms.jobs_of(name)) <= 1


async def test_many_rooms_go_while_they_are_answered(
    livekit_server: LiveKitServer, fake_openai: FakeOpenAI, token: MintToken
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        old = stack.enter_context(running_worker(livekit_server, fake_openai))
        people = [
            await come(stack, livekit_server, token, f"room-{number}") for number in range(MANY)
        ]
        new = stack.enter_context(running_worker(livekit_server, fake_openai))
        for person in people:
            await stack.enter_async_context(watched(person))
        fake_openai.script = lambda messages: replace(echo(messages), interval=1.0)
        await asyncio.gather(*(person.say("slow") for person in people))
        await asyncio.gather(*(person.sees("You") for person in people))
        await drains(old)
        await ends(old)
        fake_openai.script = echo
        for person in people:
            await person.reads("You said: hello", "You said: slow")
        await asyncio.gather(*(person.ask("again") for person in people))
        assert len(records(new, READY)) == MANY


async def come(
    stack: contextlib.AsyncExitStack, server: LiveKitServer, token: MintToken, room: str
) -> Person:
    """Have somebody come into a new room and be answered."""
    person = await stack.enter_async_context(Door(server.url, token, room).enter())
    await person.ask("hello")
    return person
