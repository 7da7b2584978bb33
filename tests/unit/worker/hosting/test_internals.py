"""The contract with livekit-agents: what is used of it beyond its public names is there."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from livekit.agents import JobContext, get_job_context

from tests.waiting import eventually
from worker.hosting import create_server
from worker.hosting.internals import Internal, find_misfits


@pytest.mark.parametrize(
    ("internal", "complaint"),
    [
        (Internal("livekit.gone", "x"), "livekit.gone.x not found"),
        (Internal("livekit.agents", "Gone.run"), "livekit.agents.Gone.run not found"),
        (
            Internal("livekit.agents", "AgentServer.run", frozenset({"devmode", "gone"})),
            "livekit.agents.AgentServer.run has no parameter gone",
        ),
        (
            Internal("livekit.agents", "AgentServer.run", touches=frozenset({"ipc", "_gone"})),
            "livekit.agents.AgentServer.run does not use _gone",
        ),
        (
            Internal("livekit.agents", "AgentServer.id", touches=frozenset({"_id"})),
            "livekit.agents.AgentServer.id is not a function",
        ),
    ],
)
def test_what_moved_is_named(internal: Internal, complaint: str) -> None:
    assert find_misfits((internal,)) == [complaint]


async def test_jobs_share_the_loop_and_one_that_crashes_ends_alone() -> None:
    loops: list[asyncio.AbstractEventLoop] = []
    seen: dict[str, list[Any]] = {"entered": [], "ended": [], "closed": []}

    async def entrypoint(job: JobContext) -> None:
        loops.append(asyncio.get_running_loop())
        assert get_job_context() is job
        seen["entered"].append(job.job.id)

        async def note_closed(_: str) -> None:
            seen["closed"].append(job.job.id)

        job.add_shutdown_callback(note_closed)
        if len(loops) == 1:
            raise ValueError("the first job crashes")

    async def on_session_end(job: JobContext) -> None:
        seen["ended"].append(job.job.id)

    server, admission = create_server("shared", 5, host="127.0.0.1", log_private=True)
    server.rtc_session(entrypoint, on_session_end=on_session_end)
    running = asyncio.get_running_loop().create_task(server.run(devmode=True, unregistered=True))
    started = asyncio.Event()
    server.once("worker_started", started.set)
    await eventually(started, 20)
    for name in ("first", "second"):
        await server.simulate_job(name, fake_job=True)
    # A job has not ended yet when what is to be done at its end has been.
    await eventually(lambda: admission.rooms == 1)
    assert seen["closed"] == seen["entered"][:1]
    await server.aclose()
    await running
    assert loops == [asyncio.get_running_loop()] * 2
    assert seen["ended"] == seen["closed"] == seen["entered"]
