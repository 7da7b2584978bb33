"""What is left of jobs that have ended, and when it goes."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import cast

import pytest
from livekit.agents import JobContext, JobExecutorType
from livekit.agents.job import _JobContextVar
from livekit.protocol.agent import Job

from tests.waiting import eventually
from worker.hosting import shared_pool
from worker.hosting.connection import CONNECTING
from worker.hosting.shared_executor import SharedExecutor


@pytest.fixture
async def pool(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[shared_pool.SharedPool]:
    # This process is the tests' as well.
    monkeypatch.setattr(shared_pool, "install_routing", lambda: None)
    monkeypatch.setattr(gc, "freeze", lambda: None)
    monkeypatch.setattr(shared_pool, "SWEEP_DELAY", 0.01)
    monkeypatch.setattr(shared_pool, "NEXT_SWEEP_DELAY", 0.01)
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
    await pool.start()
    yield pool
    await pool.aclose()


async def _nothing(_: JobContext) -> None:
    """Do nothing."""


async def test_a_room_that_connects_after_its_job_ended_is_swept_then(
    pool: shared_pool.SharedPool,
) -> None:
    job = cast(JobContext, SimpleNamespace(job=Job(id="job-1")))
    connected = asyncio.Event()
    listening: asyncio.Task[bool] | None = None

    async def connect() -> None:
        nonlocal listening
        await connected.wait()
        listening = asyncio.create_task(asyncio.Event().wait())

    token = _JobContextVar.set(job)
    connecting = asyncio.create_task(connect(), name=CONNECTING)
    _JobContextVar.reset(token)
    executor = cast(SharedExecutor, SimpleNamespace(job=SimpleNamespace(context=job)))
    pool._executors.append(executor)
    pool._on_ended(executor)
    first = pool._sweeping
    await eventually(lambda: pool._sweeping not in (None, first))
    assert not connecting.done()
    connected.set()
    await eventually(lambda: listening is not None and listening.cancelled())
