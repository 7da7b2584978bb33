"""How a room that lost its agent is joined."""

from __future__ import annotations

from typing import Any, cast

import jwt
import pytest
from livekit import api
from livekit.agents.job import RunningJobInfo
from livekit.protocol.agent_dispatch import AgentDispatch, CreateAgentDispatchRequest
from livekit.protocol.models import Room

from tests.unit.worker.rescue.lists import AGENT, ROOM, SECOND, note, running
from tests.unit.worker.rescue.lists import dispatch as listed
from worker.hosting import Admission
from worker.hosting.occupancy import Occupant
from worker.rescue.joining import Joining, is_rescue
from worker.rescue.notes import NOTE_NAME, read_note
from worker.rescue.room_lists import RoomLists
from worker.rescue.room_view import Agent, wants_in


class LiveKit:
    """Takes notes, and forgets dispatches."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.notes: list[CreateAgentDispatchRequest] = []
        self.is_there = True

    async def dispatch(self, request: CreateAgentDispatchRequest) -> AgentDispatch:
        if not self.is_there:
            raise api.ServerError("unavailable", "", status=503)
        self.steps.append("noted")
        self.notes.append(request)
        return AgentDispatch(id="AD_note")

    async def delete_dispatch(self, room: str, dispatch_id: str) -> None:
        self.steps.append(f"{dispatch_id} deleted")


class Worker:
    """Runs jobs, unless it cannot."""

    def __init__(self, livekit: LiveKit, max_rooms: int = 1) -> None:
        self.jobs: list[RunningJobInfo] = []
        self.can_launch = True
        self._livekit = livekit
        self.admission = Admission(max_rooms, lambda: self.jobs, lambda: True, nobody, stays_open)

    async def launch(self, info: RunningJobInfo) -> None:
        # It counts while it is on its way.
        assert self.admission.places == 0
        if not self.can_launch:
            raise RuntimeError
        self._livekit.steps.append("launched")
        self.jobs.append(info)


async def nobody(room: str, identity: str) -> Occupant:
    return Occupant.NOBODY


async def stays_open(room: Room) -> bool:
    return True


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("URL", "ws://server"), ("API_KEY", "key"), ("API_SECRET", 32 * "s")):
        monkeypatch.setenv(f"LIVEKIT_{name}", value)


async def join(
    livekit: LiveKit, worker: Worker, *before: AgentDispatch, agent: Agent = AGENT
) -> bool:
    joining = Joining(agent, "Ada", worker.admission, worker.launch)
    wants = wants_in(before, agent)
    return await joining.join(cast("RoomLists", livekit), ROOM, wants, "metadata")


def claims_of(info: RunningJobInfo) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(info.token, options={"verify_signature": False})
    return claims


async def test_the_job_is_that_of_the_room_under_the_plain_identity() -> None:
    livekit = LiveKit()
    worker = Worker(livekit)
    agent = Agent(AGENT.identity, "named", "blue")
    assert await join(livekit, worker, agent=agent)
    (info,) = worker.jobs
    job = info.job
    assert is_rescue(job.id)
    assert (job.room, job.agent_name, job.metadata) == (ROOM, "named", "metadata")
    assert (job.deployment, job.dispatch_id) == ("blue", "AD_note")
    assert (info.accept_arguments.identity, info.accept_arguments.name) == (AGENT.identity, "Ada")
    claims = claims_of(info)
    assert (claims["sub"], claims["name"], claims["kind"]) == (AGENT.identity, "Ada", "agent")
    assert claims["video"]["room"] == ROOM.name
    assert claims["attributes"] == {"lk.agent.name": "named"}
    (noted,) = livekit.notes
    assert (noted.agent_name, noted.deployment) == (NOTE_NAME, "blue")


async def test_what_promised_an_agent_before_is_forgotten_once_the_next_is_noted() -> None:
    livekit = LiveKit()
    await join(livekit, Worker(livekit), listed(1, running()), note(2, 1))
    assert livekit.steps == ["noted", "launched", "AD_1 deleted", "AD_2 deleted"]


async def test_the_note_says_when_the_room_was_rescued_before() -> None:
    livekit = LiveKit()
    await join(livekit, Worker(livekit), note(3, 1, 2))
    (request,) = livekit.notes
    state = listed(4).state
    made = AgentDispatch(agent_name=NOTE_NAME, metadata=request.metadata, state=state)
    noted = read_note(made)
    assert noted is not None
    assert noted.rescues == tuple(second * SECOND for second in (1, 2, 3, 4))


async def test_without_a_note_the_room_is_joined_and_what_was_known_of_it_stays() -> None:
    livekit = LiveKit()
    livekit.is_there = False
    assert await join(livekit, Worker(livekit), listed(1, running()))
    assert livekit.steps == ["launched"]


async def test_a_full_worker_leaves_the_room_to_others() -> None:
    livekit = LiveKit()
    assert not await join(livekit, Worker(livekit, max_rooms=0))
    assert livekit.steps == []


async def test_a_job_that_cannot_be_launched_leaves_no_note_and_no_place_taken() -> None:
    livekit = LiveKit()
    worker = Worker(livekit)
    worker.can_launch = False
    with pytest.raises(RuntimeError):
        await join(livekit, worker, listed(1, running()))
    assert livekit.steps == ["noted", "AD_note deleted"]
    assert worker.admission.places == 1
