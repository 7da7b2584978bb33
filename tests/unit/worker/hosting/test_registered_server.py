"""What a worker does and says when the LiveKit server does not take it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from livekit.agents import AgentServer, JobContext
from livekit.protocol import agent

from tests.waiting import eventually
from worker.hosting import Isolation, create_server
from worker.hosting.registered_server import RegisteredServer

SECRET = "a-secret-that-is-not-printed-1234567"


class LiveKitDouble:
    """Where a worker registers: it is taken, refused, or cut off."""

    def __init__(self) -> None:
        self.status = 101
        """What the next attempts are answered; 101 takes the worker."""
        self.attempts = 0
        self.port = 0
        self._taken: list[web.WebSocketResponse] = []

    async def register(self, request: web.Request) -> web.StreamResponse:
        """Answer an attempt."""
        self.attempts += 1
        if self.status != 101:
            return web.Response(status=self.status)
        taken = web.WebSocketResponse()
        await taken.prepare(request)
        self._taken.append(taken)
        await taken.receive()
        answer = agent.ServerMessage()
        answer.register.worker_id = "AW_test"
        await taken.send_bytes(answer.SerializeToString())
        async for _ in taken:
            pass
        return taken

    async def attempted(self, times: int) -> None:
        """Wait for so many attempts to register."""
        await eventually(lambda: self.attempts >= times, 20)

    async def cut_off(self) -> None:
        """Close the connections to all workers."""
        while self._taken:
            await self._taken.pop().close()


@pytest.fixture
async def livekit() -> AsyncIterator[LiveKitDouble]:
    double = LiveKitDouble()
    app = web.Application()
    app.router.add_get("/agent", double.register)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    double.port = runner.addresses[0][1]
    yield double
    await double.cut_off()
    await runner.cleanup()


async def _entrypoint(_: JobContext) -> None:
    raise AssertionError("there are no jobs")


def build(livekit: LiveKitDouble, isolation: Isolation, grace: float = 30.0) -> AgentServer:
    server, _ = create_server(
        isolation,
        1,
        health_grace=grace,
        # What it would keep private is this process's output, which is pytest's.
        log_private=True,
        host="127.0.0.1",
        ws_url=f"ws://127.0.0.1:{livekit.port}",
        api_key="key",
        api_secret=SECRET,
    )
    server.rtc_session(_entrypoint)
    return server


async def health(server: AgentServer, http: aiohttp.ClientSession) -> tuple[int, str]:
    """What the health check answers."""
    running = server._http_server
    assert running is not None
    assert running._runner is not None
    port = running._runner.addresses[0][1]
    async with http.get(f"http://127.0.0.1:{port}/") as answer:
        return answer.status, await answer.text()


@pytest.mark.parametrize("isolation", ["shared", "process"])
@pytest.mark.parametrize("status", [401, 403])
async def test_a_key_that_is_refused_at_first_is_one_line_and_status_2(
    livekit: LiveKitDouble, isolation: Isolation, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    livekit.status = status
    server = build(livekit, isolation)
    with caplog.at_level(logging.INFO):
        async with asyncio.timeout(20):
            await server.run(devmode=True)
        with pytest.raises(SystemExit) as ended:
            await server.aclose()
    assert ended.value.code == 2
    assert livekit.attempts == 1
    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
    [line] = [record for record in warnings if "CHAT_LOG_PRIVATE" not in record.message]
    assert line.levelname == "ERROR"
    for variable in ("LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"):
        assert variable in line.message
    assert SECRET not in caplog.text
    assert line.exc_info is None


async def test_a_key_that_is_refused_later_is_said_once_and_tried_again(
    livekit: LiveKitDouble, caplog: pytest.LogCaptureFixture
) -> None:
    server = build(livekit, "shared")
    registered = asyncio.Event()
    server.on("worker_registered", lambda *_: registered.set())
    running = asyncio.get_running_loop().create_task(server.run(devmode=True))
    await eventually(registered, 20)
    for attempts in (2, 1):
        caplog.clear()
        livekit.status, livekit.attempts = 401, 0
        await livekit.cut_off()
        await livekit.attempted(attempts)
        registered.clear()
        livekit.status = 101
        await eventually(registered, 20)
        refused = [r for r in caplog.records if "LIVEKIT_API_SECRET" in r.message]
        assert [record.levelname for record in refused] == ["WARNING"]
        retries = [r for r in caplog.records if r.message.startswith("failed to connect")]
        assert len(retries) == 1, "that of the connection that was cut off"
    await server.aclose()
    await running


async def test_other_trouble_is_tried_again_from_the_start(livekit: LiveKitDouble) -> None:
    livekit.status = 503
    server = build(livekit, "shared")
    registered = asyncio.Event()
    server.on("worker_registered", lambda *_: registered.set())
    running = asyncio.get_running_loop().create_task(server.run(devmode=True))
    await livekit.attempted(2)
    livekit.status = 101
    await eventually(registered, 20)
    await server.aclose()
    await running


@pytest.mark.parametrize("isolation", ["shared", "process"])
async def test_the_health_check_fails_while_the_worker_is_not_registered(
    livekit: LiveKitDouble, isolation: Isolation
) -> None:
    livekit.status = 503
    server = build(livekit, isolation, grace=0.0)
    registered = asyncio.Event()
    server.on("worker_registered", lambda *_: registered.set())
    running = asyncio.get_running_loop().create_task(server.run(devmode=True))
    async with aiohttp.ClientSession() as http:
        await livekit.attempted(1)
        status, reason = await health(server, http)
        assert status == 503
        assert "not registered" in reason
        for _ in range(2):
            livekit.status = 101
            await eventually(registered, 20)
            assert await health(server, http) == (200, "OK")
            livekit.status, livekit.attempts = 503, 0
            registered.clear()
            await livekit.cut_off()
            await livekit.attempted(1)
            assert (await health(server, http))[0] == 503
    await server.aclose()
    await running


async def test_the_health_check_has_patience(livekit: LiveKitDouble) -> None:
    livekit.status = 503
    server = build(livekit, "shared", grace=3600.0)
    running = asyncio.get_running_loop().create_task(server.run(devmode=True))
    async with aiohttp.ClientSession() as http:
        await livekit.attempted(1)
        assert await health(server, http) == (200, "OK")
    await server.aclose()
    await running


async def test_the_health_check_tells_what_does_not_make_it_fail(livekit: LiveKitDouble) -> None:
    server = build(livekit, "shared")
    assert isinstance(server, RegisteredServer)
    registered = asyncio.Event()
    server.on("worker_registered", lambda *_: registered.set())
    running = asyncio.get_running_loop().create_task(server.run(devmode=True))
    async with aiohttp.ClientSession() as http:
        await eventually(registered, 20)
        server.health_note = lambda: "memory: degraded (full)"
        assert await health(server, http) == (200, "OK\nmemory: degraded (full)")
        server.health_note = lambda: ""
        assert await health(server, http) == (200, "OK")
    await server.aclose()
    await running


async def test_a_worker_that_is_not_to_register_is_healthy(livekit: LiveKitDouble) -> None:
    server = build(livekit, "shared", grace=0.0)
    started = asyncio.Event()
    server.once("worker_started", started.set)
    running = asyncio.get_running_loop().create_task(server.run(devmode=True, unregistered=True))
    async with aiohttp.ClientSession() as http:
        await eventually(started, 20)
        assert await health(server, http) == (200, "OK")
    await server.aclose()
    await running
