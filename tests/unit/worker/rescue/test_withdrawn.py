"""Which rescued rooms are not to have an agent any more."""

from __future__ import annotations

from collections.abc import Collection

import pytest
from livekit.protocol.agent import Job
from livekit.protocol.agent_dispatch import AgentDispatch
from livekit.protocol.models import Room

from tests.unit.worker.rescue.lists import ROOM, note
from worker.rescue.withdrawn import find_withdrawn

NOTED = note(1)


class LiveKit:
    def __init__(self, sid: str, *dispatches: AgentDispatch) -> None:
        self._room = Room(name=ROOM.name, sid=sid)
        self._dispatches = list(dispatches)

    async def rooms(self, names: Collection[str] = ()) -> list[Room]:
        return [self._room]

    async def dispatches(self, room: str) -> list[AgentDispatch]:
        return self._dispatches


@pytest.mark.parametrize(
    ("job_id", "dispatch_id", "livekit", "withdrawn"),
    [
        pytest.param("rescue-1", NOTED.id, LiveKit(ROOM.sid), True, id="its note was deleted"),
        pytest.param("rescue-1", NOTED.id, LiveKit(ROOM.sid, NOTED), False, id="noted"),
        pytest.param("rescue-1", "", LiveKit(ROOM.sid), False, id="never noted"),
        pytest.param("rescue-1", NOTED.id, LiveKit("RM_2"), False, id="another room"),
        pytest.param("AJ_1", NOTED.id, LiveKit(ROOM.sid), False, id="LiveKit ends it itself"),
    ],
)
async def test_a_rescue_is_withdrawn_if_its_note_is_gone_and_the_room_is_not(
    job_id: str, dispatch_id: str, livekit: LiveKit, withdrawn: bool
) -> None:
    job = Job(id=job_id, room=ROOM, dispatch_id=dispatch_id)
    assert await find_withdrawn(livekit, [job]) == ([job] if withdrawn else [])
