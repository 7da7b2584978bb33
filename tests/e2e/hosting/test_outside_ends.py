"""Jobs that others end: the worker's log says so once, and why."""

from __future__ import annotations

import asyncio

from tests.doubles import FakeOpenAI
from tests.e2e.hosting.rooms import IDENTITY, Rooms, agents_ready, records
from tests.e2e.people import Door
from tests.tokens import MintToken
from tests.waiting import eventually
from tests.worker_process import WorkerProcess, running_worker
from worker.devstack.livekit_server import LiveKitServer

REASONS = [
    ("dispatch-deleted", "DISPATCH_DELETED"),
    ("displaced", "DUPLICATE_IDENTITY"),
    ("removed", "PARTICIPANT_REMOVED"),
]


async def test_a_job_that_others_end_is_logged_once_with_the_reason(
    livekit_server: LiveKitServer,
    fake_openai: FakeOpenAI,
    token: MintToken,
    rooms: Rooms,
    isolation: str,
) -> None:
    names = [room for room, _ in REASONS]
    with running_worker(livekit_server, fake_openai, CHAT_ISOLATION=isolation) as worker:
        await rooms.open(*names, "closed")
        await agents_ready([worker], [*names, "closed"])
        await rooms.close("closed")
        await rooms.remove_agent("removed")
        await rooms.undispatch("dispatch-deleted")
        door = Door(livekit_server.url, token, "displaced")
        async with door.enter(IDENTITY, wait=False):
            await eventually(lambda: len(ended(worker)) >= len(REASONS), 20)
            # It ends when its last job has: no line comes after that.
            worker.ask_to_end()
            assert await asyncio.to_thread(worker.wait_for_end, 30) == 0
    assert ended(worker) == REASONS


def ended(worker: WorkerProcess) -> list[tuple[str, str]]:
    """The rooms whose jobs were ended, and why."""
    lines = records(worker, "job ended by LiveKit")
    assert all(line["level"] == "WARNING" for line in lines)
    assert not any(key.startswith("lk.pii") for line in lines for key in line)
    return sorted((line["room"], line["reason"]) for line in lines)
