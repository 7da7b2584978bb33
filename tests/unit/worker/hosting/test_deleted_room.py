"""A room that is there only because its agent joined it is left, and deleted if nobody is in it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest
from livekit import api, rtc
from livekit.agents import JobContext
from livekit.protocol.models import ParticipantInfo

from worker.hosting import deleted_room
from worker.hosting.deleted_room import OPENED_BY_JOIN, RoomDeletedError, leave_if_deleted

NOW = datetime(2026, 11, 25, tzinfo=UTC)


class Room:
    """The room that the agent is in: here, its server."""

    name = "lobby"
    creation_time = NOW

    def __init__(self) -> None:
        self.done: list[str] = []
        self.now_there: list[ParticipantInfo] = []
        self.local_participant = SimpleNamespace(joined_at=NOW + OPENED_BY_JOIN)
        self.remote_participants: dict[str, SimpleNamespace] = {}
        self.current_sid = "RM_new"

    @property
    async def sid(self) -> str:
        return self.current_sid

    def isconnected(self) -> bool:
        return "left" not in self.done

    async def disconnect(self) -> None:
        self.done.append("left")

    async def list_participants(
        self, _: api.ListParticipantsRequest
    ) -> api.ListParticipantsResponse:
        return api.ListParticipantsResponse(participants=self.now_there)

    async def delete_room(self, request: api.DeleteRoomRequest) -> None:
        self.done.append(f"deleted {request.room}")


def job_in(room: Room, assigned: str = "RM_old") -> JobContext:
    job = SimpleNamespace(room=SimpleNamespace(sid=assigned))
    return cast("JobContext", SimpleNamespace(room=room, job=job, api=SimpleNamespace(room=room)))


async def test_a_room_that_the_agent_opened_is_left_and_then_deleted() -> None:
    room = Room()
    agent = SimpleNamespace(kind=rtc.ParticipantKind.PARTICIPANT_KIND_AGENT)
    room.remote_participants = {"other": agent}
    room.now_there = [ParticipantInfo(kind=ParticipantInfo.AGENT)]
    with pytest.raises(RoomDeletedError):
        await leave_if_deleted(job_in(room))
    assert room.done == ["left", "deleted lobby"]


async def test_whoever_has_entered_meanwhile_keeps_the_agent() -> None:
    room = Room()
    room.now_there = [ParticipantInfo(kind=ParticipantInfo.STANDARD)]
    await leave_if_deleted(job_in(room))
    assert room.done == []


async def test_a_room_that_somebody_enters_while_it_is_left_is_not_deleted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room = Room()

    async def leave_and_enter() -> None:
        room.done.append("left")
        room.now_there = [ParticipantInfo(kind=ParticipantInfo.STANDARD)]

    monkeypatch.setattr(room, "disconnect", leave_and_enter)
    with pytest.raises(RoomDeletedError):
        await leave_if_deleted(job_in(room))
    assert room.done == ["left"]


async def refuse(_: object) -> None:
    raise TimeoutError


async def test_a_server_that_does_not_delete_is_no_reason_to_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room = Room()
    monkeypatch.setattr(room, "delete_room", refuse)
    with pytest.raises(RoomDeletedError):
        await leave_if_deleted(job_in(room))
    assert room.done == ["left"]


async def test_a_server_that_does_not_say_who_is_there_is_a_reason_to_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room = Room()
    monkeypatch.setattr(room, "list_participants", refuse)
    await leave_if_deleted(job_in(room))
    assert room.done == []


async def test_a_room_that_never_gets_to_be_known_keeps_its_agent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Unknown(Room):
        @property
        async def sid(self) -> str:
            return await asyncio.Future[str]()

    monkeypatch.setattr(deleted_room, "REQUEST_LIMIT", 0.0)
    room = Unknown()
    await leave_if_deleted(job_in(room))
    assert room.done == []


@pytest.mark.parametrize("why", ["its own", "unassigned", "somebody", "older", "not joined"])
async def test_any_other_room_keeps_its_agent(why: str) -> None:
    room, assigned = Room(), "RM_old"
    if why == "its own":
        room.current_sid = assigned
    elif why == "unassigned":
        assigned = ""
    elif why == "somebody":
        person = SimpleNamespace(kind=rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD)
        room.remote_participants = {"ada": person}
    elif why == "older":
        room.local_participant.joined_at = NOW + OPENED_BY_JOIN + timedelta(milliseconds=1)
    else:
        room.local_participant.joined_at = None
    await leave_if_deleted(job_in(room, assigned))
    assert room.done == []
