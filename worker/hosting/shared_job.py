"""One job of many in a process: livekit-agents' own job runner, without a process around it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from livekit import rtc
from livekit.agents import JobContext, JobProcess
from livekit.agents.ipc.inference_executor import InferenceExecutor
from livekit.agents.ipc.job_proc_lazy_main import _InfClient, _JobProc

from .job_fields import job_fields

if TYPE_CHECKING:
    from livekit.agents.ipc.job_proc_lazy_main import _ShutdownInfo
    from livekit.agents.ipc.proc_client import _ProcClient
    from livekit.agents.ipc.proto import StartJobRequest


@dataclass(frozen=True)
class JobFunctions:
    """What a job calls, as registered with the server."""

    entrypoint: Callable[[JobContext], Awaitable[None]]
    """The job itself."""

    session_end: Callable[[JobContext], Awaitable[None]] | None
    """Called while the room is still connected, at the job's end."""

    simulation_end: Callable[[Any], Any] | None
    """Called when a simulation ends."""

    session_end_timeout: float
    """Seconds that `session_end` may take."""


class SharedJob(_JobProc):
    """Runs one job on the running loop, by the steps that livekit-agents takes in a process.

    The base class expects a process to itself and a pipe to its parent. Here the process is shared,
    and what it would write into the pipe is for nobody.
    """

    def __init__(
        self,
        process: JobProcess,
        functions: JobFunctions,
        inference: InferenceExecutor | None,
        on_shutdown_begun: Callable[[], None],
    ) -> None:
        """Prepare a job. It starts with the request that its `entrypoint` reads.

        Args:
            process: What all jobs here see as their process.
            functions: What to call.
            inference: Runs the models that livekit-agents keeps in a process of their own.
            on_shutdown_begun: Called once, when the job has begun to end.
        """
        super().__init__(
            _initialize_nothing,
            self._run_entrypoint,
            functions.session_end,
            session_end_timeout=functions.session_end_timeout,
            executor_type=process.executor_type,
            simulation_end_fnc=functions.simulation_end,
        )
        self.has_failed = False
        """Whether the entrypoint raised, or could not be called."""
        self._entrypoint = functions.entrypoint
        self._on_shutdown_begun = on_shutdown_begun
        self._client = cast("_ProcClient", _NoParent())
        self._inf_client = _DirectInference(self._client, inference)
        self._job_proc = process

    @property
    def context(self) -> JobContext | None:
        """The job's context; None before it has started."""
        return getattr(self, "_job_ctx", None)

    @property
    def room(self) -> rtc.Room | None:
        """The job's room, connected or not; None before the job has started."""
        return getattr(self, "_room", None)

    def _start_job(self, msg: StartJobRequest) -> None:
        try:
            super()._start_job(msg)
        except BaseException:
            # The base class would wait for the end of a job that never began.
            self.has_failed = True
            self._exit_proc_flag.set()
            raise

    async def _run_entrypoint(self, job: JobContext) -> None:
        # From a process of its own, a job's records come with these fields.
        job.log_context_fields = {**job.log_context_fields, **job_fields(job.job)}
        try:
            await self._entrypoint(job)
        except Exception:
            self.has_failed = True
            raise

    async def _shutdown_job(
        self, job_entry_task: asyncio.Task[None], shutdown_info: _ShutdownInfo
    ) -> None:
        self._on_shutdown_begun()
        await super()._shutdown_job(job_entry_task, shutdown_info)


def _initialize_nothing(_: JobProcess) -> None:
    """The pool has initialized the process, once."""


class _NoParent:
    """Takes the place of the pipe to the parent process."""

    async def send(self, message: object) -> None:
        """Forget it."""


class _DirectInference(_InfClient):
    """Calls the worker's inference executor, which a process could only reach by its pipe."""

    def __init__(self, client: _ProcClient, executor: InferenceExecutor | None) -> None:
        super().__init__(client)
        self._executor = executor

    async def do_inference(self, method: str, data: bytes) -> bytes | None:
        if self._executor is None:
            raise RuntimeError(f"inference method {method!r} is not available")
        return await self._executor.do_inference(method, data)
