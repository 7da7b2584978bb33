"""How long it takes from a job's assignment until its agent is ready."""

from __future__ import annotations

import logging
import time

from livekit import rtc
from livekit.agents import JobContext
from livekit.agents.types import ATTRIBUTE_AGENT_STATE

from .internals import Feature, Internal

logger = logging.getLogger(__name__)

FEATURE = Feature(
    "the log does not say how long rooms take to start",
    (
        Internal("livekit.agents.job", "JobContext.__init__", touches=frozenset({"_info"})),
        Internal("livekit.agents.job", "RunningJobInfo.__init__", frozenset({"assigned_at"})),
    ),
)


def log_when_ready(job: JobContext) -> None:
    """Log ``agent ready`` once the room has been told the agent's state.

    From then on clients show their chat box. The field ``start_ms`` is the time since the server
    assigned the job, by the worker's clock; it is missing where no server did, as in ``connect``.
    """
    room = job.room

    def on_attributes(changed: dict[str, str], participant: rtc.Participant) -> None:
        if participant is room.local_participant and ATTRIBUTE_AGENT_STATE in changed:
            room.off("participant_attributes_changed", on_attributes)
            assigned_at = 0.0 if FEATURE.misfits else job._info.assigned_at
            extra = {"start_ms": round(1000 * (time.time() - assigned_at))} if assigned_at else {}
            logger.info("agent ready", extra=extra)

    room.on("participant_attributes_changed", on_attributes)
