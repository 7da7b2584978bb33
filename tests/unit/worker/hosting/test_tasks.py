"""Which tasks are a job's: those that end with it, and none that others need."""

from __future__ import annotations

import asyncio
import contextvars
from typing import cast

from livekit.agents import JobContext
from livekit.agents.job import _JobContextVar

from chat import ChatManager
from tests.doubles import FakeRoom
from worker.hosting.tasks import tasks_of

JOB = cast(JobContext, object())


def in_job() -> contextvars.Context:
    """The context in which a job's code runs."""
    context = contextvars.copy_context()
    context.run(_JobContextVar.set, JOB)
    return context


async def test_what_a_job_starts_is_its_own() -> None:
    task = asyncio.get_running_loop().create_task(asyncio.sleep(60), context=in_job())
    assert tasks_of([JOB]) == [task]
    task.cancel()


async def test_what_all_rooms_share_is_not_the_first_jobs() -> None:
    chat = in_job().run(ChatManager, FakeRoom())
    assert tasks_of([JOB]) == []
    await chat.aclose()
