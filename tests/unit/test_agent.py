"""Which dispatches the worker takes, and how it leaves a room."""

from __future__ import annotations

import asyncio
import warnings
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit.agents import AgentServer, AutoSubscribe, JobContext, JobRequest

import agent
from assistant import RoomAssistant
from tests.doubles import FakeRoom
from worker import hosting
from worker.hosting.memory import Memory
from worker.settings import Settings


class Request:
    """A job request, and what became of it."""

    def __init__(self) -> None:
        self.id = "asked"
        self.answer: dict[str, Any] = {}

    async def accept(self, **arguments: Any) -> None:
        self.answer = {"accepted": True, **arguments}

    async def reject(self, *, terminate: bool) -> None:
        self.answer = {"accepted": False, "terminate": terminate}


@pytest.mark.parametrize("isolation", ["shared", "process"])
@pytest.mark.parametrize(("active", "load"), [(0, 0.0), (2, 0.35), (4, 0.7), (9, 1.0)])
async def test_the_worker_is_full_with_the_last_room_it_may_take(
    isolation: Any, active: int, load: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [SimpleNamespace(job=SimpleNamespace(id=str(number))) for number in range(active)]
    monkeypatch.setattr(AgentServer, "active_jobs", jobs)
    monkeypatch.setattr("worker.hosting.server.read_memory", lambda: Memory(100, 100))
    settings = Settings(chat_isolation=isolation, chat_max_rooms=4, chat_display_name="Ada")
    server = agent.create_server(settings)
    assert server.load_fnc is not None
    assert cast("Any", server.load_fnc)() == pytest.approx(load)
    request = Request()
    accept = cast("Any", server)._request_fnc
    await accept(cast("JobRequest", request))
    expected: dict[str, Any] = {"accepted": False, "terminate": False}
    if active < 4:
        expected = {"accepted": True, "identity": "agent-assistant", "name": "Ada"}
    assert request.answer == expected


def test_the_event_loop_is_fast_and_no_warning_of_how_it_came_to_be_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_policy = asyncio.set_event_loop_policy
    policies: list[object] = []

    def set_as_python_3_14(policy: asyncio.AbstractEventLoopPolicy) -> None:
        warnings.warn("'asyncio.set_event_loop_policy' is deprecated", DeprecationWarning, 2)
        policies.append(policy)

    with monkeypatch.context() as patched:
        patched.setattr(asyncio, "set_event_loop_policy", set_as_python_3_14)
        agent.use_uvloop()
    assert asyncio.set_event_loop_policy is set_policy
    assert [type(policy).__module__ for policy in policies] == ["uvloop"]


class Assistant:
    """Knows whether it was closed."""

    closed = False

    async def aclose(self) -> None:
        self.closed = True


async def test_a_room_that_never_connects_does_not_keep_its_job_from_ending(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hanging = asyncio.Event()

    async def connect(**_: Any) -> None:
        await hanging.wait()

    job = SimpleNamespace(room=FakeRoom(), connect=connect, job=SimpleNamespace(id="job-1"))
    connection = hosting.Connection(cast("JobContext", job), AutoSubscribe.SUBSCRIBE_NONE)
    assistant = Assistant()
    monkeypatch.setitem(agent._assistants, "job-1", (cast("RoomAssistant", assistant), connection))
    monkeypatch.setattr(agent, "SETTLE_LIMIT", 0.01)
    async with asyncio.timeout(5):
        await agent.end_conversation(cast("JobContext", job))
    assert assistant.closed
    hanging.set()
    await connection
