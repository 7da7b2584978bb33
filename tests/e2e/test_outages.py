"""What happens when the LiveKit server or the LLM goes away and comes back."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

import prompts
from tests.doubles import FakeOpenAI
from tests.e2e.people import Door
from tests.tokens import token_minter
from tests.waiting import eventually
from tests.worker_process import REGISTERED, running_worker
from worker.devstack.livekit_server import LiveKitServer

SECRET = "s" * 40
FAILED = prompts.load("notice_answer_failed")


def door_to(server: LiveKitServer) -> Door:
    return Door(server.url, token_minter(server), f"room-{uuid.uuid4().hex[:12]}")


@pytest.fixture
def servers() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


async def test_the_worker_comes_back_after_the_server_was_away(
    servers: ExitStack, fake_openai: FakeOpenAI
) -> None:
    first = servers.enter_context(LiveKitServer.start(api_secret=SECRET))
    with running_worker(first, fake_openai) as worker:
        door = door_to(first)
        async with door.enter() as ada:
            await ada.ask("before")
            registrations = sum(r["message"] == REGISTERED for r in worker.logs)
            first.process.stop(0)
            second = servers.enter_context(LiveKitServer.start(first.port, api_secret=SECRET))
            await eventually(
                lambda: sum(r["message"] == REGISTERED for r in worker.logs) > registrations, 60
            )
            async with door_to(second).enter() as bob:
                await bob.ask("after")
            await eventually(lambda: ada.room.isconnected() and ada.agent is not None, 60)
            await ada.ask("I am still in the old room")
