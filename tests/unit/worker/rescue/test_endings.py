"""Which dispatches go with an agent that ended on purpose."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import cast

import pytest
from livekit import rtc
from livekit.agents import JobContext
from livekit.protocol.agent import Job, JobState
from livekit.protocol.agent_dispatch import AgentDispatch
from livekit.protocol.models import Room

from tests.doubles.livekit import AgentsRoom, LiveKitDouble
from tests.unit.worker.rescue.lists import AGENT, SECOND, dispatch, note, running
from worker.rescue.endings import SETTLED, Need, of_before, watch_end
from worker.rescue.room_view import wants_in

OWN = 10
ENDED = 60.0
NOW = 100


@pytest.mark.parametrize(
    ("other", "goes"),
    [
        pytest.param(dispatch(5, running()), True, id="of one that died before"),
        pytest.param(note(6), True, id="of a rescue before"),
        pytest.param(dispatch(20, running()), False, id="of one that comes next"),
        pytest.param(note(21), False, id="of the next rescue"),
        pytest.param(dispatch(22, at=ENDED - SETTLED - 1), True, id="that no worker took"),
        pytest.param(dispatch(22, at=ENDED - 1), False, id="that a worker may be taking"),
        pytest.param(dispatch(7, running(), agent_name="else"), False, id="of another agent"),
    ],
)
def test_what_promised_the_room_an_agent_before_goes_with_its_last_one(
    other: AgentDispatch, goes: bool
) -> None:
    wants = wants_in([dispatch(OWN, running()), other], AGENT)
    assert (other.id in of_before(wants, OWN * SECOND, ENDED)) is goes


def test_its_own_goes() -> None:
    wants = wants_in([dispatch(OWN, running())], AGENT)
    assert of_before(wants, OWN * SECOND, ENDED) == [f"AD_{OWN}"]


@pytest.mark.parametrize(
    ("listed", "need", "left"),
    [
        pytest.param([], Need.NONE, [], id="by somebody who wants no agent"),
        pytest.param([dispatch(OWN, running())], Need.NONE, [], id="not at all"),
        pytest.param([note(6)], Need.NONE, [], id="and one of a rescue long before is left"),
        pytest.param(
            [note(NOW - 1)], Need.ANOTHER, [f"AD_{NOW - 1}"], id="by a rescue that was just made"
        ),
    ],
)
async def test_a_job_whose_dispatch_was_deleted_leaves_what_another_agent_has_promised(
    monkeypatch: pytest.MonkeyPatch, listed: list[AgentDispatch], need: Need, left: list[str]
) -> None:
    monkeypatch.setattr(time, "time", lambda: float(NOW))
    livekit = LiveKitDouble()
    for each in listed:
        each.room = "room"
    livekit.listed = listed
    needs: list[Need] = []
    room = AgentsRoom("room")
    callbacks: list[Callable[[str], Awaitable[None]]] = []
    job = SimpleNamespace(
        room=room,
        # It has begun some seconds after its dispatch was made, and after that of the other one.
        job=Job(
            id="AJ_1",
            dispatch_id=f"AD_{OWN}",
            room=Room(name="room"),
            state=JobState(started_at=NOW * SECOND),
        ),
        api=SimpleNamespace(agent_dispatch=livekit),
        add_shutdown_callback=callbacks.append,
    )

    async def on_end(found: Need) -> None:
        needs.append(found)

    watch_end(cast(JobContext, job), AGENT.identity, on_end)
    room.emit("disconnected", rtc.DisconnectReason.CLIENT_INITIATED)
    (shut_down,) = callbacks
    await shut_down("")
    assert needs == [need]
    assert [each.id for each in livekit.listed] == left
