"""After a standstill, jobs whose agents lost their rooms are ended and logged."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest
from livekit import api
from livekit.agents.job import JobAcceptArguments, RunningJobInfo
from livekit.protocol.agent import Job
from livekit.protocol.models import Room

from worker.hosting.room_client import RoomClient
from worker.hosting.standstill import INTERVAL, MENDING, STANDSTILL, Standstills, is_in_room

LONG = 3 * (STANDSTILL + MENDING)
"""Seconds after which a test's worker has nothing more to do."""

EPOCH = 1_000_000.0
"""When a test begins, as jobs have it."""


def running(job_id: str, *, fake: bool = False, launched_at: float = 0.0) -> RunningJobInfo:
    return RunningJobInfo(
        accept_arguments=JobAcceptArguments(name="", identity=f"agent-{job_id}", metadata=""),
        job=Job(id=job_id, room=Room(name=f"room of {job_id}")),
        url="",
        token="",
        worker_id="",
        fake_job=fake,
        launched_at=launched_at,
    )


class Worker:
    """Runs jobs, some of which are lost, and stands still as the test says."""

    def __init__(self, *standstills: float) -> None:
        self.jobs = [running("a"), running("lost"), running("console", fake=True)]
        self.ended: list[str] = []
        self.ended_at: list[float] = []
        self.now = 0.0
        self._standstills = list(standstills)

    async def is_in_room(self, info: RunningJobInfo) -> bool:
        return info.job.id == "a"

    async def end(self, job_id: str) -> None:
        self.ended.append(job_id)
        self.ended_at.append(self.now)

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self._standstills:
            self.now += self._standstills.pop(0)
        elif self.now > LONG:
            raise asyncio.CancelledError

    async def run(self) -> None:
        watched = Standstills(lambda: self.jobs, self.is_in_room, self.end)
        with pytest.raises(asyncio.CancelledError):
            await watched.watch(lambda: self.now, self.sleep, lambda: EPOCH + self.now)


async def test_after_a_standstill_lost_jobs_are_ended(caplog: pytest.LogCaptureFixture) -> None:
    worker = Worker(0.1, STANDSTILL + 1)
    await worker.run()
    assert worker.ended == ["lost"]
    assert worker.ended_at == [0.1 + 2 * INTERVAL + STANDSTILL + 1 + MENDING]
    assert [r.message for r in caplog.records if r.levelname == "WARNING"] == [
        "worker stood still",
        "agent lost its room",
    ]
    assert caplog.records[1].__dict__["job_id"] == "lost"


async def test_after_another_standstill_connections_are_given_the_time_anew() -> None:
    worker = Worker(STANDSTILL + 1, STANDSTILL + 1)
    await worker.run()
    assert worker.ended_at == [2 * (INTERVAL + STANDSTILL + 1) + MENDING]


async def test_a_busy_worker_has_not_stood_still() -> None:
    worker = Worker(STANDSTILL / 2, STANDSTILL)
    await worker.run()
    assert worker.ended == []


async def test_a_job_that_was_launched_afterwards_may_still_be_joining() -> None:
    worker = Worker(STANDSTILL + 1)
    ended = EPOCH + INTERVAL + STANDSTILL + 1
    worker.jobs = [
        running("lost", launched_at=ended - 1),
        running("joining", launched_at=ended + MENDING - 1),
    ]
    await worker.run()
    assert worker.ended == ["lost"]


async def test_a_job_that_cannot_be_ended_does_not_end_the_watch(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = Worker(STANDSTILL + 1)
    worker.jobs.insert(0, running("stuck"))
    end = worker.end

    async def end_or_fail(job_id: str) -> None:
        if job_id == "stuck":
            raise ValueError(job_id)
        await end(job_id)

    monkeypatch.setattr(worker, "end", end_or_fail)
    await worker.run()
    assert worker.ended == ["lost"]
    (failed,) = [r for r in caplog.records if r.message.startswith("could not end a job")]
    assert vars(failed)["error"] == "ValueError"


@pytest.mark.parametrize(
    ("code", "there"), [("not_found", False), ("unavailable", True), (None, True)]
)
async def test_only_a_server_that_says_so_makes_an_agent_lost(
    code: str | None, there: bool
) -> None:
    asked: list[tuple[str, str]] = []

    async def get_participant(who: api.RoomParticipantIdentity) -> api.ParticipantInfo:
        asked.append((who.room, who.identity))
        if code is not None:
            raise api.ServerError(code, "", status=404)
        return api.ParticipantInfo()

    rooms = cast("RoomClient", SimpleNamespace(get_participant=get_participant))
    assert await is_in_room(rooms, running("a")) is there
    assert asked == [("room of a", "agent")]


@pytest.mark.parametrize(("sid", "there"), [("PA_own", True), ("PA_before", False), ("", True)])
async def test_an_agent_whose_place_another_one_has_is_not_in_its_room(
    sid: str, there: bool
) -> None:
    async def get_participant(who: api.RoomParticipantIdentity) -> api.ParticipantInfo:
        return api.ParticipantInfo(identity=who.identity, sid="PA_own")

    rooms = cast("RoomClient", SimpleNamespace(get_participant=get_participant))
    assert await is_in_room(rooms, running("a"), sid) is there
