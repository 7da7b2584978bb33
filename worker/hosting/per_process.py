"""What all rooms of a process share: made by the first that needs it, closed with the process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from livekit.agents import JobContext, JobProcess

T = TypeVar("T")

_CLOSERS = "worker.hosting.closers"


class PerProcess(Generic[T]):
    """One `T` for a process, however many jobs it runs."""

    def __init__(self, make: Callable[[], T], close: Callable[[T], Awaitable[None]]) -> None:
        """Make nothing yet.

        Args:
            make: Makes it, in the event loop that uses it.
            close: Closes it, in the same loop.
        """
        self._make = make
        self._close = close
        self._made: T | None = None

    def get(self, job: JobContext) -> T:
        """Return it, for a job that runs in this process."""
        self.warm(job.proc)
        if self._made is None:
            self._made = self._make()
            job.add_shutdown_callback(self.aclose)
        return self._made

    def warm(self, process: JobProcess) -> None:
        """Make it before the first job, in a process that jobs share.

        In a process for one job there is no event loop yet.
        """
        if self._made is None and _CLOSERS in process.userdata:
            self._made = self._make()
            process.userdata[_CLOSERS].append(self.aclose)

    async def aclose(self) -> None:
        """Close it, if it was made."""
        made, self._made = self._made, None
        if made is not None:
            await self._close(made)


def share(process: JobProcess) -> None:
    """Say that jobs share a process; what they make for it lives until `close_all`."""
    process.userdata[_CLOSERS] = []


async def close_all(process: JobProcess) -> None:
    """Close what the jobs of a shared process have made."""
    closers: list[Callable[[], Awaitable[None]]] = process.userdata[_CLOSERS]
    while closers:
        await closers.pop()()
