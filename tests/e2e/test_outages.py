"""What happens when the LiveKit server or the LLM goes away and comes back."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

import prompts
from tests.doubles import FakeOpenAI, Reply
from tests.e2e.people import Door
from tests.e2e.scripts import in_turn
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


@pytest.mark.parametrize("generated", ["while it is away", "after it is back"])
async def test_a_reply_survives_a_restart_of_the_server(
    servers: ExitStack, fake_openai: FakeOpenAI, generated: str
) -> None:
    story = Reply(["Once ", "upon ", "a time."], hold_after=1)
    fake_openai.script = in_turn(story)
    first = servers.enter_context(LiveKitServer.start(api_secret=SECRET))
    with running_worker(first, fake_openai) as worker:
        async with door_to(first).enter("ada", dialect="stream") as ada:
            await ada.say("tell me")
            await ada.sees("Once ")
            first.process.stop(0)
            if generated == "while it is away":
                story.release.set()
                await asyncio.to_thread(worker.wait_for_log, "reply ended")
            servers.enter_context(LiveKitServer.start(first.port, api_secret=SECRET))
            await eventually(lambda: ada.room.isconnected() and ada.agent is not None, 60)
            story.release.set()
            await ada.reads("Once upon a time.", limit=30)
            await ada.ask("next")
    assert len(fake_openai.requests) == 2
