"""Which dispatches are taken."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, cast

import pytest
from livekit.agents import JobRequest
from livekit.agents.job import JobAcceptArguments, RunningJobInfo
from livekit.protocol.agent import Job
from livekit.protocol.models import Room

from worker.hosting import Admission
from worker.hosting import admission as admission_module
from worker.hosting.admission import JOIN_LIMIT, NEW_ROOM_SECONDS
from worker.hosting.occupancy import Occupant


class Request:
    """A job request that is assigned when the test says so."""

    def __init__(self, number: int, room: str | None = None) -> None:
        self.id = f"job-{number}"
        sid = room or f"room-{number}"
        self.room = Room(name=f"name of {sid}", sid=sid, num_participants=1)
        self.assigned = asyncio.Event()
        self.answer: str | None = None

    @property
    def job(self) -> Job:
        return Job(id=self.id, room=self.room)

    async def accept(self, *, identity: str, name: str) -> None:
        assert (identity, name) == (f"agent-{self.id}", "Ada")
        self.answer = "accepted"
        await self.assigned.wait()

    async def reject(self, *, terminate: bool) -> None:
        self.answer = "terminated" if terminate else "rejected"


class Server:
    """Says who is in a room, once it may."""

    def __init__(self, occupant: Occupant = Occupant.NOBODY) -> None:
        self.occupant = occupant
        self.asked: list[tuple[str, str]] = []
        self.is_open = True
        self.answers = asyncio.Event()
        self.answers.set()

    async def stays_open(self, _: Room) -> bool:
        return self.is_open

    async def find_occupant(self, room: str, identity: str) -> Occupant:
        self.asked.append((room, identity))
        await self.answers.wait()
        return self.occupant


def admission_of(
    max_rooms: int,
    server: Server | None = None,
    *,
    running: Callable[[], list[RunningJobInfo]] = list,
    has_memory: bool = True,
) -> Admission:
    server = server or Server()
    return Admission(
        max_rooms, running, lambda: has_memory, server.find_occupant, server.stays_open
    )


def launched(request: Request, seconds_ago: float = 0) -> RunningJobInfo:
    return RunningJobInfo(
        accept_arguments=JobAcceptArguments(name="", identity="", metadata=""),
        job=Job(id=request.id, room=request.room),
        url="",
        token="",
        worker_id="",
        fake_job=False,
        launched_at=time.time() - seconds_ago,
    )


def ask(admission: Admission, request: Request) -> asyncio.Task[None]:
    answering = admission.answer(cast("JobRequest", request), identity="agent", name="Ada")
    return asyncio.get_running_loop().create_task(answering)


async def test_a_burst_is_taken_as_far_as_there_is_room_and_refused_beyond() -> None:
    server = Server()
    server.answers.clear()
    admission = admission_of(30, server)
    requests = [Request(number) for number in range(50)]
    answering = [ask(admission, request) for request in requests]
    await asyncio.wait(answering[30:], timeout=5)
    # A place is taken before the server is asked.
    assert [request.answer for request in requests] == [None] * 30 + ["rejected"] * 20
    assert admission.rooms == 30
    server.answers.set()
    for request in requests:
        request.assigned.set()
    await asyncio.gather(*answering)
    assert [request.answer for request in requests[:30]] == ["accepted"] * 30
    assert admission.rooms == 0


async def test_a_job_that_is_launched_and_still_being_accepted_counts_once() -> None:
    running: list[RunningJobInfo] = []
    admission = admission_of(2, running=lambda: running)
    first, second = Request(1), Request(2)
    answering = [ask(admission, first)]
    await asyncio.sleep(0)
    running.append(launched(first))
    answering.append(ask(admission, second))
    await asyncio.sleep(0)
    assert (second.answer, admission.rooms) == ("accepted", 2)
    for request in (first, second):
        request.assigned.set()
    await asyncio.gather(*answering)


async def test_no_room_is_taken_without_memory() -> None:
    request = Request(1)
    await ask(admission_of(2, has_memory=False), request)
    assert request.answer == "rejected"


@pytest.mark.parametrize(
    ("occupant", "answer"),
    [
        (Occupant.NOBODY, "accepted"),
        (Occupant.ALIVE, "terminated"),
        (Occupant.LEAVING, "accepted"),
        (Occupant.SILENT, "accepted"),
        (Occupant.UNKNOWN, "accepted"),
    ],
)
async def test_a_room_keeps_an_agent_that_lives(occupant: Occupant, answer: str) -> None:
    server, request = Server(occupant), Request(1)
    request.assigned.set()
    admission = admission_of(2, server)
    await ask(admission, request)
    assert (request.answer, server.asked) == (answer, [("name of room-1", "agent")])
    assert admission.rooms == 0


async def test_of_dispatches_at_the_same_time_the_first_is_taken() -> None:
    admission = admission_of(5)
    requests = [Request(number, "same") for number in range(3)]
    other = Request(3, "other")
    answering = [ask(admission, request) for request in (*requests, other)]
    await asyncio.wait(answering[1:3], timeout=5)
    assert [request.answer for request in requests] == ["accepted", "terminated", "terminated"]
    assert other.answer == "accepted"
    for request in (*requests, other):
        request.assigned.set()
    await asyncio.gather(*answering)


@pytest.mark.parametrize(
    ("seconds_ago", "answer"), [(0, "terminated"), (JOIN_LIMIT + 1, "accepted")]
)
async def test_an_agent_counts_as_on_its_way_for_a_time(seconds_ago: float, answer: str) -> None:
    running = [launched(Request(1, "same"), seconds_ago)]
    request = Request(2, "same")
    request.assigned.set()
    await ask(admission_of(5, running=lambda: running), request)
    assert request.answer == answer


async def test_a_refused_dispatch_is_logged_with_its_room(caplog: pytest.LogCaptureFixture) -> None:
    await ask(admission_of(2, Server(Occupant.ALIVE)), Request(1))
    (record,) = caplog.records
    logged: dict[str, Any] = vars(record)
    assert (logged["job_id"], logged["room_id"]) == ("job-1", "room-1")


@pytest.mark.parametrize(
    ("people", "age", "asked"), [(0, 0.0, False), (0, NEW_ROOM_SECONDS + 1, True), (1, 0.0, True)]
)
async def test_nobody_is_looked_for_in_a_room_that_was_just_opened(
    people: int, age: float, asked: bool
) -> None:
    server, request = Server(Occupant.ALIVE), Request(1)
    request.room.num_participants = people
    request.room.creation_time_ms = int((time.time() - age) * 1000)
    request.assigned.set()
    await ask(admission_of(2, server), request)
    assert bool(server.asked) is asked
    assert request.answer == ("terminated" if asked else "accepted")


async def test_an_agent_that_leaves_is_not_on_its_way() -> None:
    running = [launched(Request(1, "same"))]
    request = Request(2, "same")
    request.assigned.set()
    await ask(admission_of(5, Server(Occupant.LEAVING), running=lambda: running), request)
    assert request.answer == "accepted"


@pytest.mark.parametrize(("is_open", "answer"), [(False, "terminated"), (True, "accepted")])
async def test_a_room_opened_again_is_answered_if_it_stays_open(
    is_open: bool, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission_module, "SETTLING", 0.0)
    server = Server()
    server.is_open = is_open
    admission = admission_of(5, server)
    before, again = Request(1), Request(2)
    again.room.name = before.room.name
    for request in (before, again):
        request.assigned.set()
        await ask(admission, request)
    assert (before.answer, again.answer) == ("accepted", answer)


async def test_a_room_opened_again_is_looked_into_however_new_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(admission_module, "SETTLING", 0.0)
    server = Server(Occupant.ALIVE)
    admission = admission_of(5, server)
    answers = []
    for number in range(2):
        request = Request(number)
        request.assigned.set()
        request.room.name = "the same"
        request.room.num_participants = 0
        request.room.creation_time_ms = int(time.time() * 1000)
        await ask(admission, request)
        answers.append(request.answer)
    assert answers == ["accepted", "terminated"]


async def test_a_room_that_is_not_known_in_time_is_not_left_without_an_agent(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(admission_module, "LIMIT", 0.0)
    server, request = Server(Occupant.ALIVE), Request(1)
    server.answers.clear()
    request.assigned.set()
    await ask(admission_of(5, server), request)
    assert request.answer == "accepted"
    assert [record.message for record in caplog.records] == [
        "could not find out in time whether the room has an agent"
    ]
