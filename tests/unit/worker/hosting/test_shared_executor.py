"""How a job is ended that does not end by itself."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, cast

import pytest
from livekit import rtc
from livekit.agents.ipc.job_executor import JobStatus
from livekit.agents.job import JobAcceptArguments, RunningJobInfo
from livekit.protocol.agent import Job
from livekit.protocol.models import Room

from tests.waiting import eventually
from worker.hosting import forced_end, shared_executor
from worker.hosting.shared_executor import EndLimits, SharedExecutor
from worker.hosting.shared_job import SharedJob


class StubbornJob:
    """A job that swallows its cancellation, until the test lets it go."""

    context = None
    room: rtc.Room | None = None
    has_failed = False

    def __init__(self) -> None:
        self.let_go = asyncio.Event()

    async def entrypoint(self, _: Any) -> None:
        while not self.let_go.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await self.let_go.wait()


INFO = RunningJobInfo(
    accept_arguments=JobAcceptArguments(name="Ada", identity="agent", metadata=""),
    job=Job(id="job-1", room=Room(name="lobby", sid="RM_1")),
    url="",
    token="",
    worker_id="",
    fake_job=False,
)


async def test_a_job_that_cannot_be_cancelled_is_given_up_and_the_log_says_whose_it_is(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(shared_executor, "ENTRYPOINT_GRACE", 0.01)
    monkeypatch.setattr(forced_end, "CANCEL_LIMIT", 0.01)
    job = StubbornJob()
    ended: list[SharedExecutor] = []
    executor = SharedExecutor(
        lambda _: cast(SharedJob, job), EndLimits(session_end=0, close=0), ended.append
    )
    await executor.launch_job(INFO)
    await executor.aclose()
    assert (ended, executor.status) == ([executor], JobStatus.FAILED)
    given_up = vars(caplog.records[-1])
    assert given_up["message"] == "giving up a job that cannot be cancelled"
    assert (given_up["room"], given_up["room_id"], given_up["job_id"]) == ("lobby", "RM_1", "job-1")
    job.let_go.set()
    await eventually(lambda: len(asyncio.all_tasks()) == 1)
