"""What is remembered from one look at all rooms to the next."""

from __future__ import annotations

import pytest
from livekit.protocol.agent import Job
from livekit.protocol.agent_dispatch import AgentDispatch
from livekit.protocol.models import ParticipantInfo, Room

from tests.unit.worker.rescue.lists import ADA, AGENT, OURS, ROOM, dispatch, note, running
from worker.rescue.listed_rooms import PATIENCE, REQUESTS_PER_SECOND, ListedRooms
from worker.rescue.room_view import RoomView

NOW = 1_000.0
"""Unix time at the beginning: what was dispatched in second 1 was so long ago."""


class LiveKit:
    """Lists one room, or as many as a test wants."""

    def __init__(self, *dispatches: AgentDispatch) -> None:
        self.open = [ROOM]
        self.who: list[ParticipantInfo] = [ADA]
        self.listed = list(dispatches)
        self.now = 0.0
        self.own: set[str] = set()
        self.asked = 0

    async def rooms(self) -> list[Room]:
        return self.open

    async def participants(self, room: str) -> list[ParticipantInfo]:
        self.asked += 1
        return self.who

    async def dispatches(self, room: str) -> list[AgentDispatch]:
        self.asked += 1
        return self.listed

    async def view(self, name: str, sid: str) -> RoomView | None:
        room = next((each for each in self.open if each.sid == sid), None)
        if room is None:
            return None
        return RoomView(room, tuple(self.who), tuple(self.listed))

    async def sleep(self, seconds: float) -> None:
        self.now += seconds

    def listed_rooms(self) -> ListedRooms:
        return ListedRooms(
            AGENT,
            lambda: self.own,
            clock=lambda: self.now,
            date=lambda: NOW + self.now,
            sleep=self.sleep,
        )

    async def lost(self, listed: ListedRooms) -> list[str]:
        """The rooms that a look finds lost, and the look after it."""
        found = await listed.look(self)
        return [each.room.sid for each in found if await listed.is_still_lost(self, each)]


async def test_an_agent_that_had_the_time_to_come_is_missing_at_the_first_look() -> None:
    livekit = LiveKit(dispatch(1, running()))
    assert await livekit.lost(livekit.listed_rooms()) == [ROOM.sid]


async def test_an_agent_may_be_on_its_way() -> None:
    livekit = LiveKit(dispatch(1, running(), at=NOW))
    listed = livekit.listed_rooms()
    assert await livekit.lost(listed) == []
    livekit.now += PATIENCE - 1
    assert await livekit.lost(listed) == []
    livekit.now += 2
    assert await livekit.lost(listed) == [ROOM.sid]


async def test_a_clock_that_is_behind_costs_some_seconds() -> None:
    livekit = LiveKit(dispatch(1, running(), at=NOW + 3600))
    listed = livekit.listed_rooms()
    assert await livekit.lost(listed) == []
    livekit.now += PATIENCE
    assert await livekit.lost(listed) == [ROOM.sid]


@pytest.mark.parametrize("promised", [1, NOW + 3600])
async def test_an_agent_that_was_there_is_missing_as_soon_as_it_is_gone(promised: float) -> None:
    """By a clock that is behind, too."""
    livekit = LiveKit(dispatch(1, running(), at=promised))
    listed = livekit.listed_rooms()
    livekit.who = [ADA, OURS]
    assert await livekit.lost(listed) == []
    livekit.who = [ADA]
    assert await livekit.lost(listed) == [ROOM.sid]


async def test_an_agent_that_takes_the_place_of_one_that_was_there_may_be_on_its_way() -> None:
    """Another worker may need long to start a process for it."""
    livekit = LiveKit(dispatch(1, running()))
    listed = livekit.listed_rooms()
    livekit.who = [ADA, OURS]
    assert await livekit.lost(listed) == []
    livekit.who = [ADA]
    livekit.listed.append(note(2, at=NOW))
    assert await livekit.lost(listed) == []
    livekit.now += PATIENCE
    assert await livekit.lost(listed) == [ROOM.sid]


async def test_who_noted_a_rescue_between_two_looks_is_left_to_it() -> None:
    livekit = LiveKit(dispatch(1, running()))
    listed = livekit.listed_rooms()
    (found,) = await listed.look(livekit)
    livekit.listed.append(note(2, at=NOW))
    assert not await listed.is_still_lost(livekit, found)


def ended(dispatch_id: str) -> Job:
    return Job(id="rescue-1", dispatch_id=dispatch_id, room=ROOM)


async def test_a_room_whose_job_ended_here_is_lost_at_once_if_its_note_is_left() -> None:
    livekit = LiveKit(note(1, at=NOW))
    found = await livekit.listed_rooms().look_again(livekit, ended("AD_1"))
    assert found is not None
    assert await livekit.listed_rooms().is_still_lost(livekit, found)


@pytest.mark.parametrize("why", ["has an agent", "another is coming", "taken back", "closed"])
async def test_a_room_whose_job_ended_here_may_need_no_agent(why: str) -> None:
    livekit = LiveKit(note(1))
    match why:
        case "has an agent":
            livekit.who = [ADA, OURS]
        case "another is coming":
            livekit.listed.append(dispatch(2, running(), at=NOW))
        case "taken back":
            livekit.listed = []
        case _:
            livekit.open = []
    assert await livekit.listed_rooms().look_again(livekit, ended("AD_1")) is None


async def test_a_dispatch_that_no_worker_took_is_given_time_however_old_it_looks() -> None:
    livekit = LiveKit(dispatch(1))
    listed = livekit.listed_rooms()
    assert await livekit.lost(listed) == []
    livekit.now += PATIENCE
    assert await livekit.lost(listed) == [ROOM.sid]


async def test_what_was_missing_and_came_is_given_the_time_anew() -> None:
    livekit = LiveKit(dispatch(1))
    listed = livekit.listed_rooms()
    await livekit.lost(listed)
    livekit.who = [ADA, OURS]
    livekit.now += PATIENCE
    await livekit.lost(listed)
    livekit.who = [ADA]
    assert await livekit.lost(listed) == []


async def test_the_worker_does_not_ask_about_its_own_rooms() -> None:
    livekit = LiveKit(dispatch(1, running()))
    livekit.own = {ROOM.sid}
    assert await livekit.lost(livekit.listed_rooms()) == []
    assert livekit.asked == 0


@pytest.mark.parametrize("change", ["came", "left", "taken back", "closed", "joined by us"])
async def test_a_room_is_left_alone_if_the_second_look_shows_something_else(change: str) -> None:
    livekit = LiveKit(dispatch(1, running()))
    listed = livekit.listed_rooms()
    (found,) = await listed.look(livekit)
    match change:
        case "came":
            livekit.who = [ADA, OURS]
        case "left":
            livekit.who = []
        case "taken back":
            livekit.listed = []
        case "closed":
            livekit.open = [Room(name=ROOM.name, sid="RM_2")]
        case _:
            livekit.own = {ROOM.sid}
    assert not await listed.is_still_lost(livekit, found)


async def test_what_is_asked_for_between_two_looks_may_be_on_its_way() -> None:
    livekit = LiveKit(dispatch(1, running()))
    listed = livekit.listed_rooms()
    (found,) = await listed.look(livekit)
    livekit.listed = [dispatch(2, running())]
    assert not await listed.is_still_lost(livekit, found)


async def test_a_room_that_is_given_up_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    livekit = LiveKit(note(130, 10, 40, 70, 100))
    listed = livekit.listed_rooms()
    for _ in range(2):
        assert await livekit.lost(listed) == []
    (record,) = caplog.records
    assert (record.levelname, record.__dict__["room_id"]) == ("ERROR", ROOM.sid)


async def test_many_rooms_are_looked_at_at_a_bounded_pace() -> None:
    livekit = LiveKit()
    livekit.open = [Room(name=f"room-{n}", sid=f"RM_{n}") for n in range(500)]
    await livekit.lost(livekit.listed_rooms())
    assert livekit.asked / (livekit.now + 1 / REQUESTS_PER_SECOND) <= REQUESTS_PER_SECOND + 1e-6
