"""Runs one job among others on the worker's event loop, and ends it alone if it hangs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from livekit.agents import utils
from livekit.agents.ipc.job_executor import JobStatus
from livekit.agents.ipc.proto import ShutdownRequest, StartJobRequest
from livekit.agents.job import RunningJobInfo
from livekit.agents.telemetry import metrics

from .forced_end import force_end
from .job_fields import job_fields
from .shared_job import SharedJob

logger = logging.getLogger(__name__)

ENTRYPOINT_GRACE = 15.0
"""Seconds for which livekit-agents waits, at a job's end, for its entrypoint."""


@dataclass(frozen=True)
class EndLimits:
    """How long a job may take to end."""

    session_end: float
    """Seconds for the callback at a session's end."""

    close: float
    """Seconds for all else: closing the session, leaving the room, the shutdown callbacks."""

    @property
    def total(self) -> float:
        """Seconds after which the job is ended by force."""
        return ENTRYPOINT_GRACE + self.session_end + self.close


class SharedExecutor:
    """One job on the running loop: what livekit-agents calls a job executor."""

    def __init__(
        self,
        make_job: Callable[[Callable[[], None]], SharedJob],
        limits: EndLimits,
        on_ended: Callable[[SharedExecutor], None],
    ) -> None:
        """Prepare for one job.

        Args:
            make_job: Makes it, given what it is to call when it begins to end.
            limits: How long it may take to end, before it is made to.
            on_ended: Called once, when the job has ended.
        """
        self.user_arguments: Any | None = None
        """Nothing is passed to a process that is already running."""
        self.job = make_job(self._limit_end)
        """What runs the job."""
        self._id = utils.shortuuid("SHEXEC_")
        self._limits = limits
        self._on_ended = on_ended
        self._info: RunningJobInfo | None = None
        self._status = JobStatus.RUNNING
        self._requests: utils.aio.Chan[Any] = utils.aio.Chan()
        self._main: asyncio.Task[None] | None = None
        self._force: asyncio.Task[None] | None = None
        self._overdue: asyncio.TimerHandle | None = None
        self._ended = asyncio.Event()

    @property
    def id(self) -> str:
        """A name for logs."""
        return self._id

    @property
    def started(self) -> bool:
        """Whether the job has been launched."""
        return self._main is not None

    @property
    def running_job(self) -> RunningJobInfo | None:
        """The job, from its launch on."""
        return self._info

    @property
    def status(self) -> JobStatus:
        """How the job is doing, or did."""
        return self._status

    async def start(self) -> None:
        """Nothing to start: the process runs."""

    async def initialize(self) -> None:
        """Nothing to initialize: the pool did."""

    async def launch_job(self, info: RunningJobInfo) -> None:
        """Run the job. Returns at once."""
        self._info = info
        metrics.job_started()
        request = StartJobRequest()
        request.running_job = info
        self._requests.send_nowait(request)
        loop = asyncio.get_running_loop()
        self._main = loop.create_task(self.job.entrypoint(self._requests), name="job")
        self._main.add_done_callback(self._on_main_done)

    def _limit_end(self) -> None:
        if self._overdue is None and not self._ended.is_set():
            loop = asyncio.get_running_loop()
            self._overdue = loop.call_later(self._limits.total, self._on_overdue)

    async def join(self) -> None:
        """Wait until the job has ended."""
        if self.started:
            await self._ended.wait()

    async def aclose(self) -> None:
        """End the job and wait until it has ended, at most as long as the limits allow."""
        if not self.started or self._ended.is_set():
            return
        self._requests.send_nowait(ShutdownRequest())
        self._limit_end()
        await self.join()

    def logging_extra(self) -> dict[str, Any]:
        """Return the fields that tell this job's log records."""
        return job_fields(self._info.job) if self._info is not None else {}

    def _on_main_done(self, main: asyncio.Task[None]) -> None:
        crashed = not main.cancelled() and main.exception() is not None
        failed = main.cancelled() or crashed or self.job.has_failed
        if self._force is None:
            self._finish(JobStatus.FAILED if failed else JobStatus.SUCCESS)

    def _on_overdue(self) -> None:
        assert self._main is not None
        logger.error("job did not end in time", extra=self.logging_extra())
        loop = asyncio.get_running_loop()
        self._force = loop.create_task(self._end_by_force(self.job, self._main))

    async def _end_by_force(self, job: SharedJob, main: asyncio.Task[None]) -> None:
        await force_end(job, main, self.logging_extra())
        self._finish(JobStatus.FAILED)

    def _finish(self, status: JobStatus) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
        self._requests.close()
        self._status = status
        metrics.job_ended()
        self._ended.set()
        self._on_ended(self)
