"""When a worker looks for lost rooms, and what it tells the store of those that it took."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from typing import cast

import pytest
from livekit import api
from livekit.agents.job import RunningJobInfo
from livekit.protocol.agent import Job
from livekit.protocol.agent_dispatch import AgentDispatch, CreateAgentDispatchRequest
from livekit.protocol.models import ParticipantInfo, Room

from tests.unit.worker.rescue.lists import ADA, AGENT, ROOM, dispatch, running
from tests.virtual_time import run_in_virtual_time
from worker.hosting import Admission
from worker.hosting.occupancy import Occupant
from worker.rescue.joining import Joining
from worker.rescue.listed_rooms import PATIENCE, ListedRooms
from worker.rescue.ownership import LostRoom
from worker.rescue.rescuer import LOOK_AGAIN, LOOK_INTERVAL, Rescuer, Worker
from worker.rescue.room_lists import RoomLists
from worker.rescue.room_view import RoomView

LOST = LostRoom(ROOM.name, ROOM.sid, "", "metadata")


class LiveKit:
    """Has one room, whose agent is gone."""

    def __init__(self) -> None:
        self.open = [ROOM]
        self.who: list[ParticipantInfo] = [ADA]
        self.listed = [dispatch(1, running())]
        self.is_there = True

    async def rooms(self, names: Collection[str] = ()) -> list[Room]:
        if not self.is_there:
            raise api.ServerError("unavailable", "", status=503)
        return self.open

    async def participants(self, room: str) -> list[ParticipantInfo]:
        return self.who

    async def dispatches(self, room: str) -> list[AgentDispatch]:
        return self.listed

    async def view(self, name: str, sid: str) -> RoomView | None:
        found = [room for room in await self.rooms() if room.sid == sid]
        return RoomView(found[0], tuple(self.who), tuple(self.listed)) if found else None

    async def dispatch(self, request: CreateAgentDispatchRequest) -> AgentDispatch:
        note = AgentDispatch(id="AD_note", agent_name=request.agent_name, metadata=request.metadata)
        self.listed.append(note)
        return note

    async def delete_dispatch(self, room: str, dispatch_id: str) -> None:
        self.listed = [each for each in self.listed if each.id != dispatch_id]


class Store:
    """Gives some rooms, once, and notes what becomes of them."""

    def __init__(self, *lost: LostRoom) -> None:
        self.lost = list(lost)
        self.closed: list[LostRoom] = []
        self.back: list[LostRoom] = []
        self.of_others: set[str] = set()
        self._known = {room.name for room in lost}
        self.is_mine = True

    async def take_lost(self, most: int) -> list[LostRoom]:
        taken, self.lost = self.lost[:most], self.lost[most:]
        return taken

    async def close_room(self, room: LostRoom) -> None:
        self.closed.append(room)

    async def put_back(self, room: LostRoom) -> None:
        self.back.append(room)

    async def owned(self, opened: Mapping[str, str]) -> set[str]:
        return (self.of_others | self._known) & set(opened)

    async def is_first(self) -> bool:
        return self.is_mine


class Stage:
    """A worker that looks for rooms."""

    def __init__(self, store: Store | None = None) -> None:
        self.livekit = LiveKit()
        self.store = store
        self.jobs: list[RunningJobInfo] = []
        self.ended: list[str] = []
        self.max_rooms = 20
        self.takes_jobs = True
        self.can_launch = True
        self.launched_at: list[float] = []
        self.launch_takes = 0.0
        self.reloaded: list[Job] = []
        """Jobs that the worker goes on with, and whose processes do not start."""

    async def launch(self, info: RunningJobInfo) -> None:
        if not self.can_launch:
            raise RuntimeError
        self.launched_at.append(asyncio.get_running_loop().time())
        await asyncio.sleep(self.launch_takes)
        self.jobs.append(info)

    async def end(self, job_id: str) -> None:
        self.ended.append(job_id)
        self.jobs = [info for info in self.jobs if info.job.id != job_id]

    @contextlib.asynccontextmanager
    async def ask(self) -> AsyncIterator[RoomLists]:
        yield cast("RoomLists", self.livekit)

    def running(self) -> list[Job]:
        return [info.job for info in self.jobs]

    async def run(self, seconds: float, then: Callable[[], None] = lambda: None) -> None:
        """Look for so long, and for as long again after something changed."""
        loop = asyncio.get_running_loop()
        admission = Admission(self.max_rooms, lambda: self.jobs, lambda: True, _nobody, _stays_open)
        listed = ListedRooms(
            AGENT,
            lambda: {job.room.sid for job in self.running()} | admission.awaited,
            clock=loop.time,
        )
        rescuer = Rescuer(
            Joining(AGENT, "Ada", admission, self.launch),
            listed,
            Worker(self.running, lambda: self.takes_jobs, self.end, self.ask),
            self.store,
        )
        with admission.expecting(self.reloaded):
            task = loop.create_task(rescuer.run())
            await asyncio.sleep(seconds)
            then()
            await asyncio.sleep(seconds)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _nobody(room: str, identity: str) -> Occupant:
    return Occupant.NOBODY


async def _stays_open(room: Room) -> bool:
    return True


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("URL", "ws://server"), ("API_KEY", "key"), ("API_SECRET", 32 * "s")):
        monkeypatch.setenv(f"LIVEKIT_{name}", value)


def run(stage: Stage, seconds: float = 5.0, then: Callable[[], None] = lambda: None) -> None:
    run_in_virtual_time(stage.run(seconds, then))


def test_a_worker_that_has_just_come_looks_at_once() -> None:
    stage = Stage()
    run(stage)
    assert [job.room for job in stage.running()] == [ROOM]
    assert stage.launched_at[0] < LOOK_INTERVAL[0]


@pytest.mark.parametrize("store", [None, Store(LOST)])
def test_a_worker_that_ends_or_is_not_registered_joins_nothing(store: Store | None) -> None:
    stage = Stage(store)
    stage.takes_jobs = False
    run(stage, 30)
    assert stage.jobs == []
    assert store is None or store.lost == [LOST]


@pytest.mark.parametrize("store", [None, Store(LOST)])
def test_a_full_worker_leaves_rooms_to_others(store: Store | None) -> None:
    stage = Stage(store)
    stage.max_rooms = 0
    run(stage, 30)
    assert stage.jobs == []
    assert store is None or store.lost == [LOST]


def test_a_process_that_takes_long_to_start_is_waited_for() -> None:
    stage = Stage()
    stage.launch_takes = 3 * LOOK_INTERVAL[1]
    run(stage, 2 * LOOK_INTERVAL[1])
    assert len(stage.launched_at) == 1


@pytest.mark.parametrize("store", [None, Store(LOST)])
def test_a_room_whose_job_goes_on_here_is_left_to_it(store: Store | None) -> None:
    stage = Stage(store)
    stage.reloaded = [Job(id="AJ_1", room=ROOM)]
    run(stage, 30)
    assert stage.launched_at == []
    assert store is None or (store.back, store.closed) == ([LOST], [])


def test_a_room_is_joined_once_though_lists_and_store_say_that_it_is_lost() -> None:
    store = Store()
    stage = Stage(store)
    stage.launch_takes = 10
    run(stage, 3, lambda: store.lost.append(LOST))
    assert len(stage.launched_at) == 1


def test_a_room_whose_agent_was_thrown_out_is_soon_looked_at_again() -> None:
    """Who had frozen and woke up has thrown it out, and leaves."""
    stage = Stage()
    run(stage, 5, stage.jobs.clear)
    assert len(stage.launched_at) == 2
    assert stage.launched_at[1] - 5 < LOOK_AGAIN[0] + 1.5


def test_a_server_that_does_not_answer_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage()
    stage.livekit.is_there = False
    run(stage, 12, lambda: setattr(stage.livekit, "is_there", True))
    assert len(stage.jobs) == 1
    assert {vars(r)["error"] for r in caplog.records if r.levelname == "WARNING"} == {"unavailable"}


def test_a_room_of_the_store_is_joined_at_once_with_its_metadata() -> None:
    store = Store(LOST)
    stage = Stage(store)
    # It is not on LiveKit's lists alone that the room counts as lost.
    store.is_mine = False
    run(stage, 1)
    assert [job.metadata for job in stage.running()] == ["metadata"]
    assert stage.launched_at == [0]
    assert (store.closed, store.back) == ([], [])
    assert [each.id for each in stage.livekit.listed] == ["AD_note"]


@pytest.mark.parametrize("gone", ["room", "people"])
def test_a_room_that_needs_no_agent_is_closed_in_the_store(gone: str) -> None:
    store = Store(LOST)
    store.is_mine = False
    stage = Stage(store)
    if gone == "room":
        stage.livekit.open = [Room(name=ROOM.name, sid="RM_2")]
    else:
        stage.livekit.who = []
    run(stage, 1)
    assert (stage.jobs, store.closed, store.back) == ([], [LOST], [])


@pytest.mark.parametrize("fault", ["server", "launch"])
def test_a_room_that_cannot_be_joined_is_put_back(fault: str) -> None:
    store = Store(LOST)
    store.is_mine = False
    stage = Stage(store)
    stage.livekit.is_there = fault != "server"
    stage.can_launch = fault != "launch"
    run(stage, 1)
    assert (stage.jobs, store.closed, store.back) == ([], [], [LOST])


def test_with_a_store_one_worker_looks_at_the_lists_and_leaves_what_others_own() -> None:
    for is_first, of_others, joined in ((True, False, 1), (True, True, 0), (False, False, 0)):
        store = Store()
        store.is_mine = is_first
        store.of_others = {ROOM.name} if of_others else set()
        stage = Stage(store)
        run(stage, 2 * PATIENCE)
        assert len(stage.jobs) == joined


def test_at_most_ten_rooms_are_joined_a_second() -> None:
    names = [f"room-{number}" for number in range(15)]
    stage = Stage(Store(*(LostRoom(name, f"RM_{name}", "", "") for name in names)))
    stage.livekit.open = [Room(name=name, sid=f"RM_{name}") for name in names]
    run(stage, 2)
    assert len(stage.launched_at) == len(names)
    gaps = [b - a for a, b in zip(stage.launched_at, stage.launched_at[1:], strict=False)]
    assert min(gaps) == pytest.approx(0.1)


def test_a_rescue_ends_when_its_note_is_deleted() -> None:
    stage = Stage()
    run(stage, 20, lambda: setattr(stage.livekit, "listed", []))
    assert len(stage.ended) == 1
    assert stage.jobs == []
