"""Connecting a room that may take its time, or for ever."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit.agents import AutoSubscribe, JobContext
from livekit.agents.job import _JobContextVar

from tests.doubles import FakeRoom
from tests.waiting import eventually
from worker.hosting import Connection
from worker.hosting.occupancy import RPC_METHOD
from worker.hosting.tasks import tasks_of


class Room(FakeRoom):
    """A room that can be left."""

    left = False

    async def disconnect(self, **_: Any) -> None:
        self.left = True


class Job:
    """A job whose room is connected when the test says so."""

    def __init__(self) -> None:
        self.room = Room()
        self.job = SimpleNamespace(id="job-1", room=SimpleNamespace(sid=""))
        self._info = SimpleNamespace(accept_arguments=SimpleNamespace(identity="agent"))
        self.connected = asyncio.Event()

    async def connect(self, **_: Any) -> None:
        await self.connected.wait()

    def begin(self) -> Connection:
        return Connection(cast(JobContext, self), AutoSubscribe.SUBSCRIBE_NONE)


async def test_a_room_that_is_connected_is_settled_and_not_left() -> None:
    job = Job()
    connection = job.begin()
    job.connected.set()
    assert await connection.settled(5)
    assert not job.room.left


async def test_a_room_that_cannot_be_connected_is_settled() -> None:
    job = Job()
    job.connect = fail  # type: ignore[method-assign]  # the one thing that differs
    connection = job.begin()
    assert await connection.settled(5)
    with pytest.raises(ConnectionError):
        await connection


async def fail(**_: Any) -> None:
    raise ConnectionError


async def test_a_room_that_is_connected_too_late_is_left_though_its_job_is_over() -> None:
    job = Job()
    connection = job.begin()

    async def end() -> bool:
        _JobContextVar.set(cast(JobContext, job))
        return await connection.settled(0.01)

    assert not await asyncio.get_running_loop().create_task(end())
    assert tasks_of([cast(JobContext, job)]) == []
    assert not job.room.left
    job.connected.set()
    await eventually(lambda: job.room.left)


async def test_no_method_stays_registered_which_would_keep_the_room_for_ever() -> None:
    job = Job()
    connection = job.begin()
    connection.announce_leaving()
    job.connected.set()
    await connection
    assert job.room.me.rpc_methods == {RPC_METHOD}
    connection.announce_leaving()
    connection.close()
    connection.close()
    assert job.room.me.rpc_methods == set()


async def test_a_room_that_is_connected_too_late_gets_no_method() -> None:
    job = Job()
    connection = job.begin()
    connection.close()
    job.connected.set()
    await connection
    assert job.room.me.rpc_methods == set()
