"""Whatever happens to a worker, what it prints holds no text, name, identity, token or key."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from functools import partial

import pytest

from tests.doubles import FakeOpenAI, Reply
from tests.e2e.hosting.rooms import Rooms, agents_ready, records
from tests.e2e.people import Door, Person
from tests.tokens import MintToken
from tests.waiting import eventually
from tests.worker_process import WorkerProcess, running_worker
from worker.devstack.livekit_server import LiveKitServer

IDENTITY = "identity-canary"
NAME = "Canary Carla"
ASKED = "asked-canary"
SAID = "said-canary"
KEY = "sk-key-canary"
JWT = "eyJ"
"""How every access token begins."""

BUSY_ROOMS = 12
FROZEN = 12.0
"""Seconds: more than the native side waits before it prints what it was waiting for."""

REPLY = [f"{SAID} line {number}\n" for number in range(2_000)]
"""Line breaks are where a text could leave the record that it is in."""


@contextlib.asynccontextmanager
async def chat(door: Door) -> AsyncIterator[Person]:
    async with door.enter(IDENTITY, name=NAME) as person:
        yield person


def assert_silent_about(worker: WorkerProcess, *secrets: str) -> None:
    told = "\n".join(str(record) for record in worker.logs)
    for secret in (IDENTITY, NAME, "Carla", ASKED, SAID, KEY, JWT, *secrets):
        assert secret not in told, [r for r in worker.logs if secret in str(r)][:5]


@pytest.fixture
def worker(
    livekit_server: LiveKitServer, fake_openai: FakeOpenAI, isolation: str
) -> Iterator[WorkerProcess]:
    settings = {
        "CHAT_ISOLATION": isolation,
        "OPENAI_API_KEY": KEY,
        "CHAT_LOG_LEVEL": "debug",
        # Of the native lines, only these hold what people say.
        "RUST_LOG": "debug",
    }
    with running_worker(livekit_server, fake_openai, **settings) as process:
        yield process


async def test_a_room_that_is_lost_in_mid_reply(
    worker: WorkerProcess,
    livekit_server: LiveKitServer,
    fake_openai: FakeOpenAI,
    token: MintToken,
    rooms: Rooms,
) -> None:
    fake_openai.script = lambda _: Reply(REPLY, interval=0.005)
    for name, lose in (("removed", rooms.remove_agent), ("deleted", rooms.close)):
        async with chat(Door(livekit_server.url, token, name)) as person:
            await person.say(ASKED)
            await eventually(lambda: any(SAID in text for text in person.texts), 15)
            await lose(name)
            await eventually(lambda: fake_openai.cancelled, 20)
            fake_openai.cancelled = 0
    worker.stop()
    assert_silent_about(worker, livekit_server.api_secret)


async def test_a_language_model_that_fails(
    worker: WorkerProcess,
    livekit_server: LiveKitServer,
    fake_openai: FakeOpenAI,
    token: MintToken,
) -> None:
    replies = [
        Reply(status=400, quotes=True),
        Reply(REPLY, cut_after=3),
        Reply([b'data: {"said-canary"\n\n']),
        Reply(status=401, quotes=True),
    ]
    async with chat(Door(livekit_server.url, token, "failing")) as person:
        waiting = list(replies)
        fake_openai.script = lambda _: waiting[0]
        while waiting:
            before = len(records(worker, "reply ended"))
            await person.say(f"{ASKED} {len(waiting)}")
            await eventually(partial(replies_beyond, worker, before), 30)
            waiting.pop(0)
    worker.stop()
    assert_silent_about(worker, livekit_server.api_secret)


async def test_a_worker_that_is_frozen_and_flooded(
    worker: WorkerProcess,
    livekit_server: LiveKitServer,
    fake_openai: FakeOpenAI,
    token: MintToken,
) -> None:
    fake_openai.script = lambda _: Reply(REPLY, interval=0.002)
    names = [f"busy-{number}" for number in range(BUSY_ROOMS)]
    async with contextlib.AsyncExitStack() as stack:
        people = await asyncio.gather(
            *(stack.enter_async_context(chat(Door(livekit_server.url, token, n))) for n in names)
        )
        await agents_ready([worker], names)
        await asyncio.gather(*(person.say(ASKED) for person in people))
        for _ in range(2):
            worker.freeze()
            await asyncio.gather(*(flood(person) for person in people))
            await asyncio.sleep(FROZEN)
            worker.thaw()
            await asyncio.sleep(FROZEN)
    worker.stop()
    assert_silent_about(worker, livekit_server.api_secret)


def replies_beyond(worker: WorkerProcess, number: int) -> bool:
    return len(records(worker, "reply ended")) > number


async def flood(person: Person) -> None:
    for number in range(20):
        with contextlib.suppress(Exception):
            await person.room.local_participant.publish_data(
                f"{ASKED} {number}".encode() * 500, topic="lk-chat-topic"
            )
