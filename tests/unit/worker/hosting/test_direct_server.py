"""Jobs that LiveKit did not assign to this process."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from livekit import api
from livekit.agents.job import JobAcceptArguments, RunningJobInfo
from livekit.protocol.agent import Job
from livekit.protocol.models import Room

from tests.waiting import eventually
from worker.hosting import Admission
from worker.hosting.direct_server import DirectServer
from worker.hosting.occupancy import Occupant

KEY, SECRET = "devkey", "secret-that-is-long-enough-for-a-signature"


class Pool:
    """Starts one process, when the test says so."""

    def __init__(self) -> None:
        self.started: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def launch_job(self, info: RunningJobInfo) -> None:
        await self.started


@pytest.fixture
async def pool() -> Pool:
    return Pool()


@pytest.fixture
async def admission() -> Admission:
    async def nobody(room: str, identity: str) -> Occupant:
        return Occupant.NOBODY

    async def is_open(room: Room) -> bool:
        return True

    return Admission(1, list, lambda: True, nobody, is_open)


@pytest.fixture
async def server(pool: Pool, admission: Admission) -> Any:
    server: Any = DirectServer(
        health_grace=1.0,
        log_private=False,
        ws_url="ws://127.0.0.1:1",
        api_key=KEY,
        api_secret=SECRET,
    )
    server._proc_pool = pool  # It is made when the server is run.
    server.expecting = admission.expecting
    return server


def a_job(number: int) -> RunningJobInfo:
    return RunningJobInfo(
        accept_arguments=JobAcceptArguments(name="", identity="agent", metadata=""),
        job=Job(id=f"AJ_{number}", room=Room(name=f"room {number}", sid=f"RM_{number}")),
        url="",
        token=api.AccessToken(KEY, SECRET).with_identity("agent").to_jwt(),
        worker_id="",
        fake_job=False,
    )


async def test_reloaded_jobs_are_on_their_way_until_their_processes_have_started(
    server: Any, admission: Admission, pool: Pool
) -> None:
    reloaded = asyncio.create_task(server._reload_jobs([a_job(1), a_job(2)]))
    await eventually(lambda: admission.awaited == {"RM_1", "RM_2"})
    assert admission.is_joining("RM_2")
    assert (admission.rooms, admission.places) == (2, 0)
    pool.started.set_result(None)
    await reloaded
    assert not admission.awaited
    assert admission.places == 1


async def test_a_reloaded_job_whose_process_does_not_start_is_on_its_way_no_more(
    server: Any, admission: Admission, pool: Pool
) -> None:
    pool.started.set_exception(RuntimeError("no process"))
    with pytest.raises(RuntimeError):
        await server._reload_jobs([a_job(1)])
    assert not admission.awaited
