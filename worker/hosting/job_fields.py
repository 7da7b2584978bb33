"""The log fields that identify a job."""

from __future__ import annotations

from typing import Any

from livekit.protocol.agent import Job


def job_fields(job: Job) -> dict[str, Any]:
    """Return the fields, as livekit-agents names them.

    Records that are logged in the job's own context get them by themselves.
    """
    fields = {"job_id": job.id, "room": job.room.name, "room_id": job.room.sid}
    return {**fields, "agent_name": job.agent_name} if job.agent_name else fields
