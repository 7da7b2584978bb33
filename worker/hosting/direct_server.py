"""livekit-agents' server, which also joins rooms that LiveKit did not assign to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from .internals import Feature, Internal
from .outside_end import ObservedServer

if TYPE_CHECKING:
    from livekit.agents.job import RunningJobInfo
    from livekit.protocol.agent import Job

FEATURE = Feature(
    "rooms whose agent died stay without one",
    (
        Internal(
            "livekit.agents",
            "AgentServer.simulate_job",
            touches=frozenset({"RunningJobInfo", "JobAcceptArguments", "_proc_pool", "launch_job"}),
        ),
        Internal("livekit.agents", "AgentServer.aclose", touches=frozenset({"_closed"})),
        Internal(
            "livekit.agents.job",
            "RunningJobInfo.__init__",
            frozenset({"accept_arguments", "job", "url", "token", "worker_id", "fake_job"}),
        ),
        Internal(
            "livekit.agents.job",
            "JobAcceptArguments.__init__",
            frozenset({"name", "identity", "metadata"}),
        ),
    ),
)


RELOADING = Feature(
    "a room can get two agents when `lk agent dev` restarts the worker",
    (
        Internal(
            "livekit.agents",
            "AgentServer._reload_jobs",
            frozenset({"jobs"}),
            frozenset({"_proc_pool", "launch_job"}),
        ),
    ),
)


class DirectServer(ObservedServer):
    """Runs jobs of its own making beside those that LiveKit assigns."""

    def __init__(self, **options: Any) -> None:
        """Prepare to run.

        Args:
            options: What `RegisteredServer` takes.
        """
        self.last_acts: list[Callable[[], Awaitable[None]]] = []
        """Called one after the other when the worker ends, once all jobs have."""
        self.expecting: Callable[[Iterable[Job]], AbstractContextManager[None]] = lambda _: (
            nullcontext()
        )
        """Entered while jobs are launched with which `lk agent dev` has this process go on."""
        self.is_responsive: Callable[[], bool] = lambda: True
        """Whether the event loop turns, in whatever thread that is asked."""
        super().__init__(**options)

    async def aclose(self) -> None:
        """Close as `RegisteredServer` does, and do what is to be done last."""
        try:
            await super().aclose()
        finally:
            while self.last_acts:
                await self.last_acts.pop(0)()

    @property
    def takes_jobs(self) -> bool:
        """Whether it would be given jobs: it is registered, and not about to end."""
        return self.is_registered and not self._closed and not self.draining

    def agent_sid(self, job_id: str) -> str:
        """Return the sid of a job's agent; empty where only the job's own process knows it."""
        return ""

    async def launch(self, info: RunningJobInfo) -> None:
        """Run a job. Needs `FEATURE`.

        Raises:
            RuntimeError: No process could be started for it, or the server is closed.
        """
        await self._proc_pool.launch_job(info)

    async def _reload_jobs(self, jobs: list[RunningJobInfo]) -> None:
        """Go on with the jobs of a former process."""
        with self.expecting([info.job for info in jobs]):
            await super()._reload_jobs(jobs)
