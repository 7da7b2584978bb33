"""A worker that is asked to end, as at every deployment: nobody's reply is lost."""

from __future__ import annotations

import asyncio

from tests.doubles import FakeOpenAI, Reply
from tests.e2e.hosting.rooms import Rooms
from tests.e2e.people import Door
from tests.tokens import MintToken
from tests.waiting import eventually
from tests.worker_process import AGENT, running_worker
from worker.devstack.livekit_server import LiveKitServer

END_LIMIT = 30.0
"""Seconds for the worker's end once nothing holds it."""


async def test_a_running_reply_is_finished_and_the_worker_ends_with_its_last_room(
    livekit_server: LiveKitServer,
    fake_openai: FakeOpenAI,
    token: MintToken,
    rooms: Rooms,
    isolation: str,
) -> None:
    reply = Reply(["one ", "two ", "three"], hold_after=1)
    fake_openai.script = lambda _: reply
    door = Door(livekit_server.url, token, "room")
    with running_worker(livekit_server, fake_openai, CHAT_ISOLATION=isolation) as worker:
        async with door.enter() as ada:
            await ada.say("hello")
            await eventually(lambda: ada.texts == ["one "], 15)
            worker.ask_to_end()
            await asyncio.to_thread(worker.wait_for_log, "draining worker")
            reply.release.set()
            await ada.reads("one two three")
            assert worker.wait_for_end(0) is None
            await rooms.close("room")
            assert await asyncio.to_thread(worker.wait_for_end, END_LIMIT) == 0


async def test_when_the_time_to_drain_is_over_no_reply_stays_unfinished(
    livekit_server: LiveKitServer, fake_openai: FakeOpenAI, token: MintToken, isolation: str
) -> None:
    reply = Reply(["one ", "two"], hold_after=1)
    fake_openai.script = lambda _: reply
    door = Door(livekit_server.url, token, "room")
    with running_worker(
        livekit_server,
        fake_openai,
        arguments=(*AGENT, "--drain-timeout", "1"),
        CHAT_ISOLATION=isolation,
        CHAT_CLOSING_GRACE="1",
    ) as worker:
        async with door.enter() as ada:
            await ada.say("hello")
            await eventually(lambda: ada.texts == ["one "], 15)
            worker.ask_to_end()
            await eventually(lambda: len(ada.answers) == 1, 15)
            assert ada.answers[0].startswith("one ")
            assert ada.answers == ada.texts
            reply.release.set()
            assert await asyncio.to_thread(worker.wait_for_end, END_LIMIT) is not None
