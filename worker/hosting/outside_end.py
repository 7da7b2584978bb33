"""Logs why a job ended that this worker did not end, one warning each."""

from __future__ import annotations

import logging
from collections.abc import Callable

from livekit import rtc
from livekit.agents import JobContext
from livekit.protocol.agent import JobTermination

from .draining import DrainingServer
from .internals import Feature, Internal
from .job_fields import job_fields

logger = logging.getLogger(__name__)

FEATURE = Feature(
    "jobs that end because their dispatch was deleted are not logged",
    (
        Internal(
            "livekit.agents",
            "AgentServer._handle_termination",
            frozenset({"msg"}),
            frozenset({"_proc_pool", "get_by_job_id"}),
        ),
    ),
)

_MESSAGE = "job ended by LiveKit"

_USUAL = frozenset(
    {
        rtc.DisconnectReason.CLIENT_INITIATED,
        rtc.DisconnectReason.ROOM_DELETED,
        rtc.DisconnectReason.ROOM_CLOSED,
    }
)
"""How rooms end: the agent leaves, or the room is closed."""


def log_end_from_outside(job: JobContext, is_leaving: Callable[[], bool] = lambda: False) -> None:
    """Log a warning when the agent loses its room although the room goes on, with LiveKit's reason.

    Args:
        job: The agent's.
        is_leaving: Whether another agent may take its place.
    """

    def on_disconnected(reason: rtc.DisconnectReason.ValueType) -> None:
        if reason == rtc.DisconnectReason.DUPLICATE_IDENTITY and is_leaving():
            logger.info("room handed over")
        elif reason not in _USUAL:
            logger.warning(_MESSAGE, extra={"reason": rtc.DisconnectReason.Name(reason)})

    job.room.on("disconnected", on_disconnected)


class ObservedServer(DrainingServer):
    """Logs a warning when the LiveKit server ends a job: its dispatch was deleted."""

    async def end_job(self, job_id: str) -> None:
        """End a job of this worker, if it still runs."""
        executor = None if FEATURE.misfits else self._proc_pool.get_by_job_id(job_id)
        if executor is not None:
            await executor.aclose()

    async def _handle_termination(self, msg: JobTermination) -> None:
        executor = None if FEATURE.misfits else self._proc_pool.get_by_job_id(msg.job_id)
        if executor is not None and (info := executor.running_job) is not None:
            extra = {**job_fields(info.job), "reason": "DISPATCH_DELETED"}
            logger.warning(_MESSAGE, extra=extra)
        await super()._handle_termination(msg)
