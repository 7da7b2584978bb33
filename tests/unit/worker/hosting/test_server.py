"""What the server is told of the worker."""

from __future__ import annotations

from typing import Any, cast

import pytest
from livekit.agents import AgentServer

from worker.hosting import create_server
from worker.hosting.load import BUSY_LOAD
from worker.hosting.memory import Memory


@pytest.fixture(autouse=True)
def nothing_else_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.hosting.server.read_memory", lambda: Memory(100, 100))
    monkeypatch.setattr(AgentServer, "active_jobs", [])


def load_of(server: AgentServer) -> float:
    return cast("float", cast("Any", server.load_fnc)())


async def test_open_microphones_count_for_the_load() -> None:
    share = 0.0
    server, _ = create_server("shared", 10, microphones=lambda: share)
    assert load_of(server) == 0.0
    share = 0.5
    assert load_of(server) == pytest.approx(BUSY_LOAD / 2)


async def test_a_worker_without_microphones_says_nothing_of_them() -> None:
    server, _ = create_server("process", 10)
    assert load_of(server) == 0.0
