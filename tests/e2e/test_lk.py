"""The worker under `lk agent dev`, `start` and `console`."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from livekit import api

from tests.doubles import MODEL, FakeOpenAI
from tests.e2e import lk
from tests.e2e.memory.deployment import said
from tests.e2e.people import AGENT_LIMIT, ANSWER_LIMIT, Door
from tests.e2e.programs import START_LIMIT, python_program
from tests.tokens import token_minter
from tests.waiting import eventually
from worker.devstack.livekit_server import LiveKitServer


@pytest.fixture(scope="module")
def server() -> Iterator[LiveKitServer]:
    """A server without the other tests' worker, which would join every room here too."""
    with LiveKitServer.start() as running:
        yield running


@pytest.fixture
def llm_settings(fake_openai: FakeOpenAI) -> dict[str, str]:
    return {"OPENAI_BASE_URL": fake_openai.base_url, "CHAT_MODEL": MODEL}


@pytest.fixture
def settings(server: LiveKitServer, llm_settings: dict[str, str]) -> dict[str, str]:
    return llm_settings | {
        "LIVEKIT_URL": server.url,
        "LIVEKIT_API_KEY": server.api_key,
        "LIVEKIT_API_SECRET": server.api_secret,
        "CHAT_HEALTH_PORT": "0",
    }


@pytest.fixture
def own_door(server: LiveKitServer, room_name: str) -> Door:
    return Door(server.url, token_minter(server), room_name)


def server_api(server: LiveKitServer) -> api.LiveKitAPI:
    url = server.url.replace("ws", "http", 1)
    return api.LiveKitAPI(url, server.api_key, server.api_secret)


@pytest.mark.parametrize("remembers", [False, True], ids=["forgets", "remembers"])
@pytest.mark.parametrize("isolation", ["shared", "process"])
async def test_dev_goes_on_in_its_rooms_after_a_restart(
    own_door: Door, settings: dict[str, str], tmp_path: Path, isolation: str, remembers: bool
) -> None:
    settings["CHAT_ISOLATION"] = isolation
    settings["CHAT_MEMORY"] = f"sqlite:///{tmp_path / 'memory.db'}" if remembers else ""
    async with lk.dev(settings) as dev, AsyncExitStack() as staying:
        async with dev.process() as program:
            ada = await staying.enter_async_context(own_door.enter())
            await ada.ask("hello")
            (job,) = await dev.take_jobs()
            assert job.room.name == own_door.room_name
            program.signal(signal.SIGINT, group=True)
            assert await program.ends() == 0
        await eventually(lambda: ada.agent is None)
        async with dev.process() as program:
            await program.prints("agent ready", AGENT_LIMIT)
            await eventually(lambda: ada.agent)
            await ada.say("again")
            await eventually(lambda: "again" in said(ada)[-1], ANSWER_LIMIT)
            # What was written just before the worker left is sent again, for nobody knows whether it
            # arrived. An agent with a memory knows that it has answered it.
            again = said(ada)[-1]
            assert again == "You said: again" or (
                not remembers and again == "You said: hello\nagain"
            )
            # It also knows for how long it was away, and says so.
            assert remembers or said(ada) == ada.texts
            assert "room rescued" not in program.output
            program.signal(signal.SIGINT, group=True)
            assert await program.ends() == 0
            assert "Traceback" not in program.output


async def test_dev_runs_beside_a_worker_in_production(settings: dict[str, str]) -> None:
    with socket.create_server(("", 0)) as in_use:
        port = str(in_use.getsockname()[1])
        async with lk.dev(settings | {"CHAT_HEALTH_PORT": port}) as dev, dev.process():
            pass


async def test_dev_says_that_a_worker_with_a_deployment_has_to_be_dispatched(
    server: LiveKitServer, own_door: Door, settings: dict[str, str]
) -> None:
    settings["LIVEKIT_AGENT_DEPLOYMENT"] = "dev-ada"
    async with lk.dev(settings) as dev, dev.process() as program:
        await program.prints("only dispatches with this deployment name reach the worker")
        request = api.CreateAgentDispatchRequest(room=own_door.room_name, deployment="dev-ada")
        async with server_api(server) as livekit:
            await livekit.agent_dispatch.create_dispatch(request)
        async with own_door.enter() as ada:
            await ada.ask("hello")


@pytest.mark.parametrize("isolation", ["shared", "process"])
async def test_start_is_production(
    server: LiveKitServer, own_door: Door, settings: dict[str, str], isolation: str
) -> None:
    settings["CHAT_ISOLATION"] = isolation
    command = ["-m", "livekit.agents", "start", "agent.py"]
    async with python_program(*command, settings=settings) as program:
        await program.prints("registered worker")
        async with own_door.enter() as ada:
            await ada.ask("hello")
            program.signal(signal.SIGTERM)
            await program.prints('"message": "draining worker"')
            await ada.ask("still there")
            async with server_api(server) as livekit:
                await livekit.room.delete_room(api.DeleteRoomRequest(room=own_door.room_name))
            assert await program.ends() == 0


async def test_a_missing_setting_is_one_line(settings: dict[str, str]) -> None:
    del settings["LIVEKIT_URL"]
    command = ["-m", "livekit.agents", "start", "agent.py"]
    async with python_program(*command, settings=settings) as program:
        assert await program.ends(START_LIMIT) == 2
        await program.prints("LIVEKIT_URL")
        assert program.output.strip().count("\n") == 0


@pytest.mark.parametrize("isolation", ["shared", "process"])
async def test_console_answers_without_a_room_and_ends_in_silence(
    llm_settings: dict[str, str], isolation: str
) -> None:
    async with lk.console(llm_settings | {"CHAT_ISOLATION": isolation}) as console:
        assert await console.ask("hello there") == ["You said: hello there"]
        assert await console.ask("and again") == ["You said: and again"]
        console.program.signal(signal.SIGINT, group=True)
        assert await console.program.ends() == 0
        assert "task still running" not in console.program.output
        assert "Traceback" not in console.program.output
