"""Ends a job that does not end by itself, without affecting the others in its process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from .connection import CONNECTING, leave_when_connected
from .shared_job import SharedJob
from .tasks import tasks_of, where_suspended

logger = logging.getLogger(__name__)

CANCEL_LIMIT = 2.0
"""Seconds that a job's tasks have to end after they were cancelled."""


async def force_end(job: SharedJob, main: asyncio.Task[None], extra: Mapping[str, Any]) -> None:
    """Cancel a job, and leave its room however that goes.

    Args:
        job: The job.
        main: The task that runs it.
        extra: Its log fields.
    """
    tasks = tasks_of([job.context]) if job.context is not None else []
    connecting = [task for task in tasks if task.get_name() == CONNECTING]
    for task in tasks:
        if task.get_name().startswith(_JOB_TASKS) and task not in connecting:
            logger.warning(
                "cancelling a task that does not end",
                extra={**extra, "task": task.get_name(), "stack": where_suspended(task)},
            )
            task.cancel()
    main.cancel()
    await asyncio.wait({main}, timeout=CANCEL_LIMIT)
    if not main.done():
        logger.error("giving up a job that cannot be cancelled", extra=dict(extra))
    if job.room is not None:
        leave_when_connected(job.room, connecting)


_JOB_TASKS = ("job_user_entrypoint", "job_shutdown_callback")
"""How livekit-agents names the tasks that run what a job brought along."""
