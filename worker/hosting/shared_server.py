"""livekit-agents' server with a pool that runs jobs on the server's own event loop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from livekit.agents.ipc import proc_pool

from .direct_server import DirectServer
from .shared_executor import SharedExecutor
from .shared_pool import SharedPool


class SharedServer(DirectServer):
    """All its jobs run in this process, as tasks on this event loop."""

    async def run(self, *, devmode: bool = False, unregistered: bool = False) -> None:
        """Run as `RegisteredServer` does, with the jobs here."""
        with _shared_pool():
            await super().run(devmode=devmode, unregistered=unregistered)

    def agent_sid(self, job_id: str) -> str:
        """Return the sid of a job's agent; empty while it is not connected."""
        executor = self._proc_pool.get_by_job_id(job_id)
        room = executor.job.room if isinstance(executor, SharedExecutor) else None
        return room.local_participant.sid if room is not None and room.isconnected() else ""


@contextmanager
def _shared_pool() -> Iterator[None]:
    """Have the server, which looks the class up by its module, make a `SharedPool`."""
    original = proc_pool.ProcPool
    vars(proc_pool)["ProcPool"] = SharedPool
    try:
        yield
    finally:
        vars(proc_pool)["ProcPool"] = original
