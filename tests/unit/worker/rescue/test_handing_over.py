"""How a worker that is to end has its rooms go to others, and what it removes afterwards."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from itertools import pairwise
from typing import Any, cast

import aiohttp
import pytest
from livekit import api, rtc
from livekit.agents.job import JobAcceptArguments, RunningJobInfo
from livekit.protocol.agent import Job, JobState, JobStatus
from livekit.protocol.models import ParticipantInfo, Room

from tests.doubles.livekit import AgentsRoom, LiveKitDouble
from tests.virtual_time import run_in_virtual_time
from worker.hosting import occupancy
from worker.hosting.identity import identity_of_job
from worker.hosting.internals import Feature, Internal
from worker.rescue.handing_over import (
    CALL_LIMIT,
    CLEANING_LIMIT,
    END_INTERVAL,
    INTERVAL,
    RETRY_DELAY,
    HandingOver,
)
from worker.rescue.requests import Purpose, read
from worker.rescue.room_view import Agent as Our
from worker.rescue.room_view import RoomView, find_lost

IDENTITY = "agent-assistant"
METHOD = Purpose.HAND_OVER.value
SLACK = 3 * END_INTERVAL
"""Seconds until the end of a job is seen."""

MISFIT = Feature("nothing", (Internal("livekit.api.room_service", "Nothing"),))


def running(number: int, *, fake: bool = False) -> RunningJobInfo:
    """A job, in a room of its own."""
    job_id = f"AJ_{number}"
    identity = identity_of_job(IDENTITY, job_id)
    return RunningJobInfo(
        accept_arguments=JobAcceptArguments(name="", identity=identity, metadata=""),
        job=Job(id=job_id, room=Room(name=f"room-{number}"), dispatch_id=f"AD_{number}"),
        url="",
        token="",
        worker_id="",
        fake_job=fake,
    )


def job_of(job_id: str, identity: str = IDENTITY) -> Job:
    """A job that was accepted for an agent with this identity."""
    state = JobState(
        status=JobStatus.JS_RUNNING, participant_identity=identity_of_job(identity, job_id)
    )
    return Job(id=job_id, state=state)


def dispatch(dispatch_id: str, room: str, *jobs: Job) -> api.AgentDispatch:
    return api.AgentDispatch(id=dispatch_id, room=room, state=api.AgentDispatchState(jobs=jobs))


class Agent:
    """The agent of a job, in its room."""

    def __init__(self, info: RunningJobInfo) -> None:
        self._job_id = info.job.id
        self.asked_at: list[float] = []
        self.answers_after = 0.0
        """Seconds."""
        self.on_asked: Callable[[], None] = lambda: None
        self.room = AgentsRoom(info.job.room.name, IDENTITY)
        self.room.me.register_rpc_method(METHOD, self._on_call)

    async def _on_call(self, call: rtc.RpcInvocationData) -> str:
        if read(call.payload, Purpose.HAND_OVER, self._job_id) is None:
            raise rtc.RpcError(403, "only a worker can ask for this")
        self.asked_at.append(asyncio.get_running_loop().time())
        self.on_asked()
        await asyncio.sleep(self.answers_after)
        return ""


class Stage:
    """A worker that drains. Needs a running loop."""

    def __init__(self, livekit: LiveKitDouble, rooms: int = 1) -> None:
        self.livekit = livekit
        self.jobs: list[RunningJobInfo] = []
        self.agents: list[Agent] = []
        for _ in range(rooms):
            self.add()
        self.handing_over = HandingOver(lambda: self.jobs, _no_session)
        self._task = asyncio.get_running_loop().create_task(self.handing_over.run())

    def add(self, *, fake: bool = False) -> Agent:
        """Run one more job, whose agent is in its room."""
        info = running(len(self.jobs), fake=fake)
        self.jobs.append(info)
        self.livekit.listed.append(
            dispatch(info.job.dispatch_id, info.job.room.name, job_of(info.job.id))
        )
        agent = Agent(info)
        self.agents.append(agent)
        self.livekit.enter(agent.room)
        return agent

    def end(self, number: int = 0) -> None:
        """Let a job end."""
        self.jobs = [info for info in self.jobs if info.job.id != f"AJ_{number}"]

    def follow(self, number: int = 0) -> None:
        """Let the next agent come, and a job end."""
        job = job_of(f"AJ_{number}_next")
        self.list_also(dispatch(f"AD_{number}_next", f"room-{number}", job))
        self.end(number)

    def list_also(self, *dispatches: api.AgentDispatch) -> None:
        self.livekit.listed.extend(dispatches)

    @property
    def deleted(self) -> list[str]:
        return [dispatch_id for _, dispatch_id in self.livekit.deleted]

    async def aclose(self) -> float:
        """End as the worker does. Returns how many seconds that took."""
        began = asyncio.get_running_loop().time()
        self._task.cancel()
        await asyncio.wait({self._task})
        await self.handing_over.aclose()
        return asyncio.get_running_loop().time() - began


@contextlib.asynccontextmanager
async def _no_session() -> AsyncIterator[aiohttp.ClientSession]:
    yield cast(aiohttp.ClientSession, None)


@pytest.fixture
def livekit(monkeypatch: pytest.MonkeyPatch) -> LiveKitDouble:
    monkeypatch.setenv("LIVEKIT_API_SECRET", "a-secret-of-the-worker-0123456789-abc")
    livekit = LiveKitDouble()
    monkeypatch.setattr("worker.hosting.room_client.RoomClient", lambda _: livekit)
    monkeypatch.setattr("worker.rescue.handing_over.dispatch_service", lambda _: livekit)
    return livekit


def played(scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
    run_in_virtual_time(scene())


def test_each_room_is_asked_once_one_after_the_other_and_also_one_that_comes_late(
    livekit: LiveKitDouble,
) -> None:
    async def scene() -> None:
        stage = Stage(livekit, rooms=5)
        await asyncio.sleep(10)
        late = stage.add()
        await asyncio.sleep(10)
        asked = [agent.asked_at for agent in stage.agents]
        assert [len(times) for times in asked] == 6 * [1]
        gaps = [b - a for (a,), (b,) in pairwise(asked[:5])]
        assert gaps == pytest.approx(4 * [INTERVAL])
        assert late.asked_at == [pytest.approx(10, abs=2 * INTERVAL)]
        assert livekit.deleted == []
        await stage.aclose()

    played(scene)


def test_a_conversation_with_the_terminal_stays(livekit: LiveKitDouble) -> None:
    async def scene() -> None:
        stage = Stage(livekit, rooms=0)
        stage.add(fake=True)
        await asyncio.sleep(10)
        assert livekit.calls == []
        await stage.aclose()

    played(scene)


def test_with_packages_that_do_not_fit_nobody_is_asked(
    livekit: LiveKitDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(occupancy, "FEATURE", MISFIT)

    async def scene() -> None:
        stage = Stage(livekit)
        await asyncio.sleep(10)
        assert livekit.calls == []
        assert await stage.aclose() == 0

    played(scene)


def test_an_agent_that_is_not_there_yet_is_asked_again(livekit: LiveKitDouble) -> None:
    async def scene() -> None:
        stage = Stage(livekit)
        (agent,) = stage.agents
        livekit.leave(agent.room)
        await asyncio.sleep(3.5 * RETRY_DELAY)
        livekit.enter(agent.room)
        await asyncio.sleep(3 * RETRY_DELAY)
        assert [call.at for call in livekit.calls] == pytest.approx(
            [each * RETRY_DELAY for each in range(5)]
        )
        assert len(agent.asked_at) == 1
        await stage.aclose()

    played(scene)


@pytest.mark.parametrize(
    "failure",
    [api.ServerError("unavailable", "", status=503), aiohttp.ClientError(), TimeoutError()],
)
def test_so_is_a_server_that_does_not_answer(livekit: LiveKitDouble, failure: Exception) -> None:
    async def scene() -> None:
        stage = Stage(livekit)
        livekit.failure = failure
        await asyncio.sleep(2.5 * RETRY_DELAY)
        assert stage.agents[0].asked_at == []
        livekit.failure = None
        await asyncio.sleep(RETRY_DELAY)
        assert stage.agents[0].asked_at == [pytest.approx(3 * RETRY_DELAY)]
        stage.follow()
        await asyncio.sleep(SLACK)
        assert stage.deleted == ["AD_0"]
        await stage.aclose()

    played(scene)


def test_a_job_that_has_ended_is_asked_no_more(livekit: LiveKitDouble) -> None:
    async def scene() -> None:
        stage = Stage(livekit)
        livekit.leave(stage.agents[0].room)
        await asyncio.sleep(1.5 * RETRY_DELAY)
        stage.end()
        await asyncio.sleep(10)
        assert len(livekit.calls) == 2
        await stage.aclose()

    played(scene)


def test_dispatches_of_agents_until_then_are_deleted_once_the_job_has_ended(
    livekit: LiveKitDouble,
) -> None:
    async def scene() -> None:
        stage = Stage(livekit, rooms=2)
        stage.list_also(
            dispatch("AD_before", "room-0", job_of("AJ_before")),
            dispatch("AD_twice", "room-0", job_of("AJ_a"), job_of("AJ_b")),
            dispatch("AD_else", "room-0", job_of("AJ_else", "agent-else")),
            dispatch("AD_both", "room-0", job_of("AJ_c"), job_of("AJ_d", "agent-else")),
            dispatch("AD_nobody", "room-0"),
            dispatch("AD_other_room", "room-2", job_of("AJ_other")),
        )
        await asyncio.sleep(1)
        stage.list_also(dispatch("AD_next", "room-0", job_of("AJ_next")))
        await asyncio.sleep(10)
        assert stage.deleted == []
        stage.end()
        await asyncio.sleep(SLACK)
        assert sorted(stage.deleted) == ["AD_0", "AD_before", "AD_twice"]
        await stage.aclose()

    played(scene)


def test_a_room_whose_agent_crashes_before_another_has_come_is_still_found_to_have_lost_it(
    livekit: LiveKitDouble,
) -> None:
    async def scene() -> None:
        stage = Stage(livekit)
        of_before = dispatch("AD_before", "room-0", job_of("AJ_before"))
        of_another = dispatch("AD_else", "room-0", job_of("AJ_else", "agent-else"))
        stage.list_also(of_before, of_another)
        await asyncio.sleep(1)
        stage.end()
        await asyncio.sleep(SLACK)
        assert stage.deleted == []
        person = ParticipantInfo(identity="ada", kind=ParticipantInfo.STANDARD)
        view = RoomView(Room(name="room-0"), (person,), tuple(livekit.listed))
        assert find_lost(view, Our(IDENTITY), lambda _: True) is not None
        await stage.aclose()

    played(scene)


def test_its_own_dispatch_is_deleted_though_the_server_lists_no_job_of_it(
    livekit: LiveKitDouble,
) -> None:
    async def scene() -> None:
        stage = Stage(livekit)
        livekit.listed = [dispatch("AD_0", "room-0")]
        await asyncio.sleep(1)
        stage.follow()
        await asyncio.sleep(SLACK)
        assert stage.deleted == ["AD_0"]
        await stage.aclose()

    played(scene)


def test_the_next_agent_keeps_its_dispatch_if_the_answer_of_the_one_before_was_lost(
    livekit: LiveKitDouble,
) -> None:
    async def scene() -> None:
        stage = Stage(livekit)
        (agent,) = stage.agents
        agent.answers_after = CALL_LIMIT + 1
        next_agent = Agent(running(7))
        next_agent.room._info.name = "room-0"

        def on_asked() -> None:
            stage.list_also(dispatch("AD_7", "room-0", job_of("AJ_7")))
            livekit.enter(next_agent.room)

        agent.on_asked = on_asked
        await asyncio.sleep(CALL_LIMIT + RETRY_DELAY + 0.1)
        stage.end()
        await asyncio.sleep(10)
        assert next_agent.asked_at == []
        assert stage.deleted == ["AD_0"]
        await stage.aclose()

    played(scene)


def test_a_dispatch_that_cannot_be_deleted_keeps_no_other_from_it(
    livekit: LiveKitDouble, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene() -> None:
        stage = Stage(livekit, rooms=2)
        await asyncio.sleep(1)
        livekit.failure = aiohttp.ClientConnectionError()
        stage.follow(0)
        await asyncio.sleep(SLACK)
        livekit.failure = None
        stage.follow(1)
        await asyncio.sleep(SLACK)
        assert stage.deleted == ["AD_1"]
        await stage.aclose()

    played(scene)
    (record,) = caplog.records
    assert record.message == "could not delete a dispatch that is over"
    assert vars(record)["error"] == "ClientConnectionError"


def test_a_dispatch_that_went_with_its_room_is_no_problem(
    livekit: LiveKitDouble, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene() -> None:
        stage = Stage(livekit)
        await asyncio.sleep(1)
        livekit.listed.clear()
        stage.follow()
        await stage.aclose()
        assert stage.deleted == []

    played(scene)
    assert caplog.records == []


def test_the_worker_ends_when_the_dispatches_of_ended_jobs_are_deleted(
    livekit: LiveKitDouble,
) -> None:
    async def scene() -> None:
        stage = Stage(livekit, rooms=2)
        await asyncio.sleep(1)
        stage.follow(1)
        # The drain was over before the other one had ended.
        assert await stage.aclose() <= SLACK
        assert stage.deleted == ["AD_1"]
        stage.follow(0)
        await asyncio.sleep(10)
        assert stage.deleted == ["AD_1"]

    played(scene)


@pytest.mark.parametrize("request_", ["list_dispatch", "delete_dispatch"])
def test_a_server_that_hangs_does_not_keep_the_worker_from_ending(
    livekit: LiveKitDouble, monkeypatch: pytest.MonkeyPatch, request_: str
) -> None:
    async def hang(*_: str) -> None:
        await asyncio.Event().wait()

    async def scene() -> None:
        stage = Stage(livekit)
        await asyncio.sleep(1)
        monkeypatch.setattr(livekit, request_, hang)
        stage.follow()
        assert await stage.aclose() == pytest.approx(CLEANING_LIMIT)

    played(scene)
