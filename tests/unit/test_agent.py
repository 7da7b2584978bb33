"""Which dispatches the worker takes."""

from __future__ import annotations

from typing import Any, cast

import pytest
from livekit.agents import AgentServer, JobRequest

import agent
from worker.settings import Settings


class Request:
    """A job request, and what became of it."""

    def __init__(self) -> None:
        self.answer: dict[str, Any] = {}

    async def accept(self, **arguments: Any) -> None:
        self.answer = {"accepted": True, **arguments}

    async def reject(self, *, terminate: bool) -> None:
        self.answer = {"accepted": False, "terminate": terminate}


@pytest.mark.parametrize(("active", "load"), [(0, 0.0), (2, 0.35), (4, 0.7), (9, 1.0)])
async def test_the_worker_is_full_with_the_last_room_it_may_take(
    active: int, load: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AgentServer, "active_jobs", [object()] * active)
    server = agent.create_server(Settings(chat_max_rooms=4, chat_display_name="Ada"))
    assert server.load_fnc is not None
    assert cast("Any", server.load_fnc)(server) == pytest.approx(load)
    request = Request()
    accept = cast("Any", server)._request_fnc
    await accept(cast("JobRequest", request))
    expected: dict[str, Any] = {"accepted": False, "terminate": False}
    if active < 4:
        expected = {"accepted": True, "identity": "agent-assistant", "name": "Ada"}
    assert request.answer == expected
