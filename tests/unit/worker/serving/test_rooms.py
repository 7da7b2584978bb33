"""How rooms of a process are left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit.agents import AutoSubscribe, JobContext, JobProcess

from assistant import RoomAssistant
from tests.doubles import FakeRoom
from worker import hosting
from worker.serving import rooms
from worker.serving.rooms import Conversation, Rooms
from worker.settings import Settings


class Assistant:
    """Knows whether it was closed."""

    closed = False

    async def aclose(self) -> None:
        self.closed = True


def test_every_process_has_rooms_of_its_own() -> None:
    processes = [SimpleNamespace(userdata={}) for _ in range(2)]
    for process in processes:
        Rooms.prepare(cast("JobProcess", process), Settings())
    first, second = (Rooms.of(cast("JobProcess", process)) for process in processes)
    assert first is not second
    assert Rooms.of(cast("JobProcess", processes[0])) is first


async def test_a_room_that_never_connects_does_not_keep_its_job_from_ending(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hanging = asyncio.Event()

    async def connect(**_: Any) -> None:
        await hanging.wait()

    info = SimpleNamespace(accept_arguments=SimpleNamespace(identity="agent"))
    of_nobody = SimpleNamespace(id="job-1", room=SimpleNamespace(sid=""))
    job = SimpleNamespace(room=FakeRoom(), connect=connect, job=of_nobody, _info=info)
    connection = hosting.Connection(cast("JobContext", job), AutoSubscribe.SUBSCRIBE_NONE)
    assistant = Assistant()
    ours = Rooms(Settings())
    ours._running["job-1"] = Conversation(cast("RoomAssistant", assistant), connection)
    monkeypatch.setattr(rooms, "SETTLE_LIMIT", 0.01)
    async with asyncio.timeout(5):
        await ours.leave(cast("JobContext", job))
    assert assistant.closed
    hanging.set()
    await connection


async def test_a_job_that_never_began_leaves_nothing() -> None:
    job = SimpleNamespace(job=SimpleNamespace(id="job-1"))
    await Rooms(Settings()).leave(cast("JobContext", job))


async def test_a_reply_that_is_completed_in_leaving_stops_if_the_room_has_another_agent() -> None:
    class Replying(Assistant):
        def __init__(self) -> None:
            self.stopped = asyncio.Event()

        def give_way(self) -> None:
            self.stopped.set()

        async def aclose(self) -> None:
            await self.stopped.wait()
            self.closed = True

    told: list[Callable[[], None]] = []
    reasons: list[str] = []
    memories = SimpleNamespace(
        hold=lambda _: SimpleNamespace(end=None),
        of=lambda *args: told.append(args[-1]),
    )
    info = SimpleNamespace(
        id="job-1", dispatch_id="dispatch", agent_name="", deployment="", room=SimpleNamespace()
    )
    job = SimpleNamespace(
        room=FakeRoom(), job=info, add_shutdown_callback=lambda _: None, shutdown=reasons.append
    )

    async def settled(_: float) -> bool:
        return True

    connection = SimpleNamespace(announce_leaving=lambda: None, settled=settled, close=lambda: None)
    ours, assistant = Rooms(Settings()), Replying()
    make = ours._memory(cast("JobContext", job), cast("Any", memories))
    assert make is not None
    make("")
    ours._running["job-1"] = Conversation(cast("RoomAssistant", assistant), cast("Any", connection))
    leaving = asyncio.create_task(ours.leave(cast("JobContext", job)))
    await asyncio.sleep(0)
    [on_replaced] = told
    on_replaced()
    async with asyncio.timeout(5):
        await leaving
    assert assistant.closed
    assert reasons == ["room has another agent"]
