"""The jobs of a worker that run on its own event loop: in place of livekit-agents' processes."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import logging
import time
from collections.abc import Callable
from typing import Any

from livekit.agents import JobContext, JobExecutorType, JobProcess
from livekit.agents.ipc.proc_pool import ProcPool
from livekit.agents.job import RunningJobInfo

from .connection import CONNECTING
from .event_routing import install_routing
from .job_fields import job_fields
from .per_process import close_all, share
from .shared_executor import EndLimits, SharedExecutor
from .shared_job import JobFunctions, SharedJob
from .tasks import job_of, tasks_of, where_suspended

logger = logging.getLogger(__name__)

SWEEP_DELAY = 1.0
"""Seconds after a job's end at which its last tasks are ended: a process would end them, too."""

NEXT_SWEEP_DELAY = 15.0
"""Seconds until the same is done again for a job whose room was still connecting."""


class SharedPool(ProcPool):
    """Runs every job on the running loop. It keeps nothing warm: what jobs need is there."""

    def __init__(self, **options: Any) -> None:
        """Prepare for jobs. They run from `start` on."""
        super().__init__(**options)
        self._initialized = asyncio.Event()

    async def start(self) -> None:
        """Initialize the process, once for all jobs."""
        self._process = JobProcess(
            # Whatever is not a process of its own tells its log records by their context.
            executor_type=JobExecutorType.THREAD,
            user_arguments=None,
            http_proxy=self._http_proxy,
        )
        self._functions = JobFunctions(
            self._job_entrypoint_fnc,
            self._session_end_fnc,
            self._simulation_end_fnc,
            self._session_end_timeout,
        )
        self._limits = EndLimits(session_end=self._session_end_timeout, close=self._close_timeout)
        self._ended: list[JobContext] = []
        self._sweeping: asyncio.TimerHandle | None = None
        install_routing()
        share(self._process)
        self._initialize_process_fnc(self._process)
        # A room that was left is part of reference cycles and keeps its native memory until the
        # collector finds them. Next to all that was imported, it would hardly ever look.
        gc.collect()
        gc.freeze()
        self._started = True
        self._initialized.set()

    async def launch_job(self, info: RunningJobInfo) -> None:
        """Run a job. Returns at once, or as soon as the process is initialized."""
        # `lk agent dev` gives the jobs of one process to the next while that is still starting.
        await self._initialized.wait()
        if self._closed:
            raise RuntimeError("the worker is closed")
        info.launched_at = time.time()
        executor = SharedExecutor(self._make_job, self._limits, self._on_ended)
        self._executors.append(executor)
        self.emit("process_created", executor)
        await executor.launch_job(info)
        self.emit("process_job_launched", executor)

    def _make_job(self, on_shutdown_begun: Callable[[], None]) -> SharedJob:
        return SharedJob(self._process, self._functions, self._inf_executor, on_shutdown_begun)

    async def aclose(self) -> None:
        """End all jobs, then what they shared."""
        if not self._started or self._closed:
            return
        self._closed = True
        await asyncio.gather(*(executor.aclose() for executor in list(self._executors)))
        if self._sweeping is not None:
            self._sweeping.cancel()
            _end_tasks_of(self._ended)
        await close_all(self._process)

    def _on_ended(self, executor: SharedExecutor) -> None:
        self._executors.remove(executor)
        self.emit("process_closed", executor)
        job = executor.job.context
        # The job of `console` ends with its process, and in its context runs what ends that process.
        if job is not None and not job.is_fake_job():
            self._ended.append(job)
        self._sweep_in(SWEEP_DELAY)

    def _sweep_in(self, delay: float) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + delay
        if self._sweeping is not None:
            if self._sweeping.when() <= due:
                return
            self._sweeping.cancel()
        # Nothing here may keep the job in whose context it was called.
        self._sweeping = loop.call_at(due, self._sweep, context=contextvars.Context())

    def _sweep(self) -> None:
        self._sweeping = None
        self._ended = _end_tasks_of(self._ended)
        # Cheap, because `start` froze what is not of a room.
        gc.collect()
        if self._ended:
            self._sweep_in(NEXT_SWEEP_DELAY)


def _end_tasks_of(ended: list[JobContext]) -> list[JobContext]:
    """End what these jobs left. Return those whose rooms are still connecting: they will leave more."""
    connecting = []
    for task in tasks_of(ended):
        if (job := job_of(task)) is None:
            continue
        if task.get_name() == CONNECTING:
            connecting.append(job)
            continue
        extra = {"task": task.get_name(), "stack": where_suspended(task)}
        logger.warning("task still running after its job ended", extra=job_fields(job.job) | extra)
        task.cancel()
    return connecting
