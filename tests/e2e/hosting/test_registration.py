"""A worker that the LiveKit server does not know, or no longer: what it says, and how it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack

import aiohttp
import pytest

from tests.doubles import MODEL, FakeOpenAI
from tests.e2e.programs import START_LIMIT, agent_program
from tests.worker_process import running_worker
from worker.devstack.livekit_server import LiveKitServer
from worker.devstack.ports import LOOPBACK, free_port

SECRET = "s" * 40
WRONG = "w" * 40


@pytest.fixture
def servers() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.mark.parametrize(
    ("command", "isolation"), [("start", "shared"), ("start", "process"), ("dev", "shared")]
)
@pytest.mark.parametrize("wrong", ["LIVEKIT_API_SECRET", "LIVEKIT_API_KEY"])
async def test_a_wrong_key_or_secret_is_one_line_and_status_2(
    livekit_server: LiveKitServer, fake_openai: FakeOpenAI, command: str, isolation: str, wrong: str
) -> None:
    settings = {
        "LIVEKIT_URL": livekit_server.url,
        "LIVEKIT_API_KEY": livekit_server.api_key,
        "LIVEKIT_API_SECRET": livekit_server.api_secret,
        "OPENAI_BASE_URL": fake_openai.base_url,
        "CHAT_MODEL": MODEL,
        "CHAT_HEALTH_PORT": "0",
        "CHAT_ISOLATION": isolation,
        wrong: WRONG,
    }
    async with agent_program(command, settings=settings) as program:
        assert await program.ends(START_LIMIT) == 2
        await program.prints("LIVEKIT_API_SECRET")
    lines = [line for line in program.output.splitlines() if "LIVEKIT_" in line]
    assert len(lines) == 1, program.output
    assert "LIVEKIT_API_KEY" in lines[0]
    assert "LIVEKIT_URL" in lines[0]
    assert "Traceback" not in program.output
    assert "retrying" not in program.output
    assert WRONG not in program.output
    assert livekit_server.api_secret not in program.output
    if command == "start":
        assert json.loads(lines[0])["level"] == "ERROR"


async def test_the_health_check_follows_the_server(
    servers: ExitStack, fake_openai: FakeOpenAI, isolation: str
) -> None:
    port = str(free_port())
    server = servers.enter_context(LiveKitServer.start(api_secret=SECRET))
    settings = {
        "CHAT_ISOLATION": isolation,
        "CHAT_HEALTH_PORT": port,
        "CHAT_HEALTH_GRACE": "1",
    }
    with running_worker(server, fake_openai, **settings):
        async with aiohttp.ClientSession(f"http://{LOOPBACK}:{port}") as http:

            async def answers(status: int) -> str:
                async with asyncio.timeout(60):
                    while True:
                        async with http.get("/") as answer:
                            if answer.status == status:
                                return await answer.text()
                        # Another process's doing, which no event here can announce.
                        await asyncio.sleep(0.1)

            assert await answers(200) == "OK"
            server.process.stop(0)
            assert "not registered with the LiveKit server" in await answers(503)
            servers.enter_context(LiveKitServer.start(server.port, api_secret=SECRET))
            assert await answers(200) == "OK"
