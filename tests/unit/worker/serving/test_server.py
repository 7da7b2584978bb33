"""Which dispatches the worker takes, and what a process of its own needs to know of it."""

from __future__ import annotations

import pickle
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit.agents import AgentServer, JobRequest
from livekit.protocol.models import Room

from worker import serving
from worker.hosting.memory import Memory
from worker.hosting.occupancy import Occupant
from worker.settings import Settings


class Request:
    """A job request, and what became of it."""

    def __init__(self) -> None:
        self.id = "asked"
        self.room = Room(name="room", sid="RM_asked")
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
    jobs = [
        SimpleNamespace(job=SimpleNamespace(id=str(n), room=SimpleNamespace(sid=f"RM_{n}")))
        for n in range(active)
    ]

    async def find_nobody(*_: str) -> Occupant:
        return Occupant.NOBODY

    monkeypatch.setattr("worker.hosting.server.find_occupant", find_nobody)
    monkeypatch.setattr(AgentServer, "active_jobs", jobs)
    monkeypatch.setattr("worker.hosting.server.read_memory", lambda: Memory(100, 100))
    settings = Settings(chat_isolation=isolation, chat_max_rooms=4, chat_display_name="Ada")
    server = serving.create_server(settings)
    assert server.load_fnc is not None
    assert cast("Any", server.load_fnc)() == pytest.approx(load)
    request = Request()
    accept = cast("Any", server)._request_fnc
    await accept(cast("JobRequest", request))
    expected: dict[str, Any] = {"accepted": False, "terminate": False}
    if active < 4:
        expected = {"accepted": True, "identity": "agent-assistant-asked", "name": "Ada"}
    assert request.answer == expected


@pytest.mark.parametrize(
    "function", [serving.prepare_process, serving.hold_conversation, serving.end_conversation]
)
def test_what_a_job_calls_is_found_by_a_process_of_its_own(function: Any) -> None:
    named = pickle.dumps(function)
    assert b"worker.serving" in named
    assert pickle.loads(named) is function
