"""A job that fails does so alone: the other rooms of its worker go on."""

from __future__ import annotations

import asyncio

import aiohttp

from tests.doubles import FakeOpenAI
from tests.e2e.hosting.rooms import FAULTY_AGENT, Rooms
from tests.e2e.people import Door
from tests.tokens import MintToken
from tests.waiting import eventually
from tests.worker_process import running_worker
from worker.devstack.livekit_server import LiveKitServer
from worker.devstack.ports import LOOPBACK, free_port


async def test_a_job_that_crashes_ends_alone(
    livekit_server: LiveKitServer,
    fake_openai: FakeOpenAI,
    token: MintToken,
    rooms: Rooms,
    isolation: str,
) -> None:
    with running_worker(
        livekit_server, fake_openai, arguments=FAULTY_AGENT, CHAT_ISOLATION=isolation
    ) as worker:
        async with Door(livekit_server.url, token, "good").enter() as ada:
            await ada.ask("before")
            await rooms.open("crash-1")
            # From a process of its own the traceback is part of the message.
            await eventually(
                lambda: any(
                    r["message"].startswith("unhandled exception while running the job task")
                    and r.get("room") == "crash-1"
                    for r in worker.logs
                ),
                20,
            )
            await eventually(lambda: ada.agent is not None)
            await ada.ask("after")
        async with Door(livekit_server.url, token, "next").enter() as bob:
            await bob.ask("hello")


async def test_a_job_that_does_not_end_is_ended_alone(
    livekit_server: LiveKitServer,
    fake_openai: FakeOpenAI,
    token: MintToken,
    rooms: Rooms,
) -> None:
    room = "hang-1"
    with running_worker(livekit_server, fake_openai, arguments=FAULTY_AGENT) as worker:
        async with Door(livekit_server.url, token, "good").enter() as ada:
            await rooms.open(room)
            door = Door(livekit_server.url, token, room)
            async with door.enter(wait=False) as bob:
                await eventually(lambda: bob.room.remote_participants, 20)
                await rooms.close(room)
            overdue = await asyncio.to_thread(worker.wait_for_log, "job did not end in time")
            hanging = await asyncio.to_thread(
                worker.wait_for_log, "cancelling a task that does not end"
            )
            assert overdue["room"] == hanging["room"] == room
            assert "faulty_agent.py" in "".join(hanging["stack"])
            await ada.ask("still here")
            worker.ask_to_end()
            await rooms.close("good")
            assert await asyncio.to_thread(worker.wait_for_end, 30) is not None


async def test_a_job_that_does_not_end_in_its_process_is_ended_alone(
    livekit_server: LiveKitServer,
    fake_openai: FakeOpenAI,
    token: MintToken,
    rooms: Rooms,
) -> None:
    with running_worker(
        livekit_server, fake_openai, arguments=FAULTY_AGENT, CHAT_ISOLATION="process"
    ) as worker:
        async with Door(livekit_server.url, token, "good").enter() as ada:
            await rooms.open("hang-1")
            door = Door(livekit_server.url, token, "hang-1")
            async with door.enter(wait=False) as bob:
                await eventually(lambda: bob.room.remote_participants, 20)
                await rooms.close("hang-1")
            # livekit-agents' own words; it waits for 15 s.
            await eventually(
                lambda: any(
                    r["message"] == "entrypoint did not exit in time, cancelling"
                    and r.get("room") == "hang-1"
                    for r in worker.logs
                ),
                40,
            )
            await ada.ask("still here")
            worker.ask_to_end()
            await rooms.close("good")
            assert await asyncio.to_thread(worker.wait_for_end, 30) is not None


async def test_a_job_that_cannot_be_cancelled_is_named_and_the_others_go_on(
    livekit_server: LiveKitServer, fake_openai: FakeOpenAI, token: MintToken, rooms: Rooms
) -> None:
    room = "stubborn-1"
    with running_worker(livekit_server, fake_openai, arguments=FAULTY_AGENT) as worker:
        async with Door(livekit_server.url, token, "good").enter() as ada:
            await rooms.open(room)
            door = Door(livekit_server.url, token, room)
            async with door.enter(wait=False) as bob:
                await eventually(lambda: bob.room.remote_participants, 20)
                await rooms.close(room)
            outlived = await asyncio.to_thread(
                worker.wait_for_log,
                "task still running after its job ended",
                20,
                lambda line: line["task"] == "job_user_entrypoint",
            )
            assert outlived["room"] == room
            assert "faulty_agent.py" in "".join(outlived["stack"])
            await ada.ask("still here")


async def test_a_job_that_blocks_the_event_loop_is_named_and_makes_the_worker_busy(
    livekit_server: LiveKitServer, fake_openai: FakeOpenAI, token: MintToken, rooms: Rooms
) -> None:
    port = str(free_port())
    url = f"http://{LOOPBACK}:{port}/worker"
    with running_worker(
        livekit_server, fake_openai, arguments=FAULTY_AGENT, CHAT_HEALTH_PORT=port
    ) as worker:
        async with (
            aiohttp.ClientSession() as http,
            Door(livekit_server.url, token, "good").enter() as ada,
        ):
            await rooms.open("block-1")
            blocked = await asyncio.to_thread(worker.wait_for_log, "event loop blocked")
            assert blocked["room"] == "block-1"
            assert "faulty_agent.py" in "".join(blocked["stack"])
            loads: list[float] = []

            async def is_busy() -> bool:
                async with http.get(url) as response:
                    status = await response.json(content_type=None)
                # A load of nothing is left out.
                loads.append(status.get("worker_load", 0.0))
                return loads[-1] >= 0.5

            async with asyncio.timeout(15):
                # Another process's doing, which no event here can announce.
                while not await is_busy():  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
            again = await asyncio.to_thread(worker.wait_for_log, "event loop no longer blocked")
            assert again["blocked_seconds"] >= 1
            await ada.ask("still here")
