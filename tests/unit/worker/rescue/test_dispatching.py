"""How long an agent waits for the one that is to take its place."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import aiohttp
import pytest
from livekit import api
from livekit.api.agent_dispatch_service import AgentDispatchService
from livekit.protocol.agent import Job, JobState, JobStatus
from livekit.protocol.models import Room

from tests.virtual_time import run_in_virtual_time
from worker.rescue.dispatching import (
    JOIN_LIMIT,
    LOOK_INTERVAL,
    NOBODY_AFTER,
    TAKES_OVER,
    Successor,
    ask_for_successor,
)

JOB = Job(
    id="AJ_old",
    room=Room(name="room"),
    agent_name="helper",
    metadata="{}",
    deployment="blue",
    attributes={"shop": "1"},
)

SLACK = 2 * LOOK_INTERVAL


class LiveKit:
    """Dispatches, as far as an agent asks for one, with the jobs that a test gives them."""

    def __init__(self, *statuses: JobStatus, is_there: bool = True) -> None:
        self.requests: list[api.CreateAgentDispatchRequest] = []
        self.steps: list[str] = []
        self._jobs = [Job(id=f"AJ_{s}", state=JobState(status=s)) for s in statuses]
        self._is_there = is_there

    async def create_dispatch(self, request: api.CreateAgentDispatchRequest) -> api.AgentDispatch:
        self.requests.append(request)
        return api.AgentDispatch(id="AD_new", room=request.room)

    async def get_dispatch(self, dispatch_id: str, room_name: str) -> api.AgentDispatch:
        if not self._is_there:
            raise aiohttp.ClientConnectionError
        state = api.AgentDispatchState(jobs=self._jobs) if self._jobs else None
        return api.AgentDispatch(id=dispatch_id, room=room_name, state=state)

    async def delete_dispatch(self, dispatch_id: str, room_name: str) -> None:
        self.steps.append(f"{dispatch_id} deleted")

    async def waits(self, successor: Successor) -> float:
        """Have one asked for, and return for how many seconds it was waited for."""
        began = asyncio.get_running_loop().time()
        service = cast(AgentDispatchService, cast(Any, self))
        await ask_for_successor(service, JOB, successor, lambda: self.steps.append("given up"))
        return asyncio.get_running_loop().time() - began


def test_the_next_agent_is_asked_for_as_the_last_one_was() -> None:
    async def scene() -> None:
        livekit, successor = LiveKit(), Successor(is_coming=True)
        asyncio.get_running_loop().call_later(0.2, successor.joined.set)
        assert await livekit.waits(successor) == pytest.approx(0.2)
        (request,) = livekit.requests
        assert (request.room, request.agent_name) == ("room", "helper")
        assert (request.metadata, request.deployment) == ("{}", "blue")
        assert dict(request.attributes) == {"shop": "1", TAKES_OVER: "true"}
        assert livekit.steps == []

    run_in_virtual_time(scene())


@pytest.mark.parametrize(
    "livekit",
    [
        pytest.param(LiveKit(), id="nobody has a place"),
        pytest.param(LiveKit(JobStatus.JS_FAILED), id="it failed"),
        pytest.param(LiveKit(is_there=False), id="the server does not say"),
    ],
)
def test_what_nobody_takes_is_taken_back_soon_and_only_when_nobody_may_join_any_more(
    livekit: LiveKit,
) -> None:
    async def scene() -> None:
        waited = await livekit.waits(Successor())
        assert NOBODY_AFTER < waited <= NOBODY_AFTER + SLACK
        assert livekit.steps == ["given up", "AD_new deleted"]

    run_in_virtual_time(scene())


@pytest.mark.parametrize(
    ("livekit", "is_coming"),
    [
        pytest.param(LiveKit(JobStatus.JS_RUNNING), False, id="its job runs"),
        pytest.param(LiveKit(), True, id="its job is not listed yet"),
        pytest.param(LiveKit(is_there=False), True, id="the server does not say"),
    ],
)
def test_who_is_coming_has_longer_to_join(livekit: LiveKit, *, is_coming: bool) -> None:
    async def scene() -> None:
        waited = await livekit.waits(Successor(is_coming=is_coming))
        assert JOIN_LIMIT < waited <= JOIN_LIMIT + SLACK
        assert livekit.steps == ["given up", "AD_new deleted"]

    run_in_virtual_time(scene())
