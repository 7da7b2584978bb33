"""What a worker does for its rooms while it drains."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from tests.waiting import eventually
from worker.hosting.draining import DrainingServer


class WayOut:
    """Takes notes of what it is told to do."""

    def __init__(self) -> None:
        self.steps: list[str] = []

    async def run(self) -> None:
        self.steps.append("began")
        try:
            await asyncio.Event().wait()
        finally:
            self.steps.append("cancelled")

    async def aclose(self) -> None:
        self.steps.append("closed")


class Server(DrainingServer):
    """A server whose rooms end when the test says so."""

    def __init__(self) -> None:
        super().__init__(
            health_grace=1.0,
            log_private=False,
            ws_url="ws://127.0.0.1:1",
            api_key="devkey",
            api_secret="secret",
        )
        self.way_out = self.way = WayOut()
        self.is_empty = asyncio.Event()
        server: Any = self
        server._job_lifecycle_tasks = {asyncio.ensure_future(self.is_empty.wait())}
        server._proc_pool = SimpleNamespace(processes=[])

    async def _update_worker_status(self) -> None:
        """Tell nobody."""


async def test_rooms_are_handed_over_as_long_as_it_drains() -> None:
    server = Server()
    drained = asyncio.create_task(server.drain(None))
    await eventually(lambda: server.way.steps == ["began"])
    assert server.draining
    server.is_empty.set()
    await drained
    assert server.way.steps == ["began", "cancelled", "closed"]


async def test_what_was_begun_is_completed_when_the_time_is_over() -> None:
    server = Server()
    with pytest.raises(TimeoutError):
        await server.drain(0.01)
    assert server.way.steps == ["began", "cancelled", "closed"]


async def test_a_second_request_to_end_changes_nothing() -> None:
    server = Server()
    drained = asyncio.create_task(server.drain(None))
    await eventually(lambda: server.way.steps == ["began"])
    server.is_empty.set()
    await server.drain(None)
    await drained
    assert server.way.steps == ["began", "cancelled", "closed"]
