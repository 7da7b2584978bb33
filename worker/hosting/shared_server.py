"""livekit-agents' server with a pool that runs jobs on the server's own event loop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from livekit.agents.ipc import proc_pool

from .outside_end import ObservedServer
from .shared_pool import SharedPool


class SharedServer(ObservedServer):
    """All its jobs run in this process, as tasks on this event loop."""

    async def run(self, *, devmode: bool = False, unregistered: bool = False) -> None:
        """Run as `RegisteredServer` does, with the jobs here."""
        with _shared_pool():
            await super().run(devmode=devmode, unregistered=unregistered)


@contextmanager
def _shared_pool() -> Iterator[None]:
    """Have the server, which looks the class up by its module, make a `SharedPool`."""
    original = proc_pool.ProcPool
    vars(proc_pool)["ProcPool"] = SharedPool
    try:
        yield
    finally:
        vars(proc_pool)["ProcPool"] = original
