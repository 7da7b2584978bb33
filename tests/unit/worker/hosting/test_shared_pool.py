"""What is left of jobs that have ended, and when it goes."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
from collections.abc import AsyncIterator, Coroutine
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit.agents import JobContext, JobExecutorType
from livekit.agents.job import JobAcceptArguments, RunningJobInfo, _JobContextVar
from livekit.protocol.agent import Job

from tests.waiting import eventually
from worker.hosting import shared_pool
from worker.hosting.connection import CONNECTING
from worker.hosting.shared_executor import SharedExecutor


@pytest.fixture
async def starting(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[shared_pool.SharedPool]:
    """A pool that is not started yet."""
    # This process is the tests' as well.
    monkeypatch.setattr(shared_pool, "install_routing", lambda: None)
    monkeypatch.setattr(gc, "freeze", lambda: None)
    monkeypatch.setattr(shared_pool, "SWEEP_DELAY", 0.01)
    pool = shared_pool.SharedPool(
        initialize_process_fnc=lambda _: None,
        job_entrypoint_fnc=_nothing,
        session_end_fnc=None,
        simulation_end_fnc=None,
        num_idle_processes=0,
        initialize_timeout=1,
        close_timeout=1,
        session_end_timeout=1,
        inference_executor=None,
        job_executor_type=JobExecutorType.THREAD,
        mp_ctx=multiprocessing.get_context(),
        memory_warn_mb=0,
        memory_limit_mb=0,
        http_proxy=None,
        loop=asyncio.get_running_loop(),
    )
    yield pool
    await pool.aclose()


@pytest.fixture
async def pool(starting: shared_pool.SharedPool) -> shared_pool.SharedPool:
    await starting.start()
    return starting


async def _nothing(_: JobContext) -> None:
    """Do nothing."""


class EndedJob:
    """A job that has ended, and what it left."""

    def __init__(self, pool: shared_pool.SharedPool, *, fake: bool = False) -> None:
        self._pool = pool
        context = SimpleNamespace(job=Job(id="job-1"), is_fake_job=lambda: fake)
        self._context = cast(JobContext, context)

    def leave(self, left: Coroutine[Any, Any, object], name: str) -> asyncio.Task[object]:
        """Run something in the job's context."""
        token = _JobContextVar.set(self._context)
        task = asyncio.create_task(left, name=name)
        _JobContextVar.reset(token)
        return task

    def end(self) -> None:
        """Tell the pool that it has ended."""
        job = SimpleNamespace(context=self._context)
        executor = cast(SharedExecutor, SimpleNamespace(job=job))
        self._pool._executors.append(executor)
        self._pool._on_ended(executor)


async def test_a_room_that_connects_after_its_job_ended_is_swept_then(
    pool: shared_pool.SharedPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_pool, "NEXT_SWEEP_DELAY", 0.01)
    connected = asyncio.Event()
    listening: asyncio.Task[bool] | None = None

    async def connect() -> None:
        nonlocal listening
        await connected.wait()
        listening = asyncio.create_task(asyncio.Event().wait())

    job = EndedJob(pool)
    connecting = job.leave(connect(), CONNECTING)
    job.end()
    first = pool._sweeping
    await eventually(lambda: pool._sweeping not in (None, first))
    assert not connecting.done()
    connected.set()
    await eventually(lambda: listening is not None and listening.cancelled())


async def test_a_room_that_does_not_come_to_be_connected_holds_up_no_other(
    pool: shared_pool.SharedPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_pool, "NEXT_SWEEP_DELAY", 3600.0)
    job = EndedJob(pool)
    connecting = job.leave(asyncio.Event().wait(), CONNECTING)
    job.end()
    first = pool._sweeping
    await eventually(lambda: pool._sweeping not in (None, first))
    other = EndedJob(pool)
    left = other.leave(asyncio.Event().wait(), "left")
    other.end()
    await eventually(left.cancelled)
    assert not connecting.done()
    connecting.cancel()


async def test_what_the_console_leaves_goes_with_its_process(
    pool: shared_pool.SharedPool, caplog: pytest.LogCaptureFixture
) -> None:
    console, other = EndedJob(pool, fake=True), EndedJob(pool)
    ending = console.leave(asyncio.Event().wait(), "ends the process")
    left = other.leave(asyncio.Event().wait(), "left")
    console.end()
    other.end()
    await eventually(left.cancelled)
    assert not ending.done()
    assert [record.__dict__["task"] for record in caplog.records] == ["left"]
    ending.cancel()


async def test_a_job_that_is_handed_over_early_waits_for_the_process(
    starting: shared_pool.SharedPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    launched: list[RunningJobInfo] = []

    class Executor:
        def __init__(self, *_: object) -> None:
            """Take what a `SharedExecutor` takes."""

        async def launch_job(self, info: RunningJobInfo) -> None:
            launched.append(info)

        async def aclose(self) -> None:
            """End at once."""

    monkeypatch.setattr(shared_pool, "SharedExecutor", Executor)
    info = RunningJobInfo(
        accept_arguments=JobAcceptArguments(name="", identity="agent", metadata=""),
        job=Job(id="job-1"),
        url="",
        token="",
        worker_id="",
        fake_job=False,
    )
    launching = asyncio.create_task(starting.launch_job(info))
    await asyncio.sleep(0)
    assert not launching.done()
    await starting.start()
    await launching
    assert launched == [info]
