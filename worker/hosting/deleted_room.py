"""Leaves a room that exists again only because its agent joined it after it had been deleted.

A join opens a room that is not there, and so does the SDK when it tries again because its connection was
closed with the room (rtc 1.1.21). The server then asks for an agent for that new room, too.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import aiohttp
from livekit import api, rtc
from livekit.agents import JobContext
from livekit.api.room_service import RoomService
from livekit.protocol.models import ParticipantInfo, Room

from . import occupancy

logger = logging.getLogger(__name__)

OPENED_BY_JOIN = timedelta(milliseconds=250)
"""Time from a room's creation to the agent's joining, both by the server's clock, up to which the one is
taken for the cause of the other."""

REQUEST_LIMIT = 5.0
"""Seconds for the server to answer, and for the SDK to know which room it is in: it may never know."""


_FAILURES = (api.ServerError, aiohttp.ClientError, TimeoutError)
"""How a request to the server fails."""


class RoomDeletedError(Exception):
    """The job's room was deleted before its agent had joined."""


async def leave_if_deleted(job: JobContext) -> None:
    """Delete the room that a job's agent has just joined, if it is not the job's and nobody is in it.

    A room of the same name that somebody else has opened keeps the agent: it is as good as another.

    Raises:
        RoomDeletedError: It was that, and is being left.
    """
    if not await _is_opened_by_agent(job):
        return
    rooms, name = job.api.room, job.room.name
    # Asked while the agent is there: somebody who has entered meanwhile would be left without one.
    if await _may_have_people(rooms, name):
        return
    # Left first: an agent whose room is deleted may well join again, and open it once more.
    await job.room.disconnect()
    if not await _may_have_people(rooms, name):
        try:
            async with asyncio.timeout(REQUEST_LIMIT):
                await rooms.delete_room(api.DeleteRoomRequest(room=name))
        except _FAILURES as error:
            extra = {"error": type(error).__name__}
            logger.warning("could not delete an empty room", extra=extra)
    raise RoomDeletedError


async def is_open(session: aiohttp.ClientSession, room: Room) -> bool:
    """Whether a room is still there; true also where the server does not say.

    Args:
        session: Asks, with the worker's key.
        room: The room, which another one of its name does not count for.
    """
    if occupancy.FEATURE.misfits:
        return True
    from .room_client import RoomClient

    try:
        async with asyncio.timeout(occupancy.LIMIT / 2):
            request = api.ListRoomsRequest(names=[room.name])
            return room.sid in [
                each.sid for each in (await RoomClient(session).list_rooms(request)).rooms
            ]
    except _FAILURES as error:
        extra = {"error": type(error).__name__}
        logger.warning("could not find out whether the room is still open", extra=extra)
        return True


async def _may_have_people(rooms: RoomService, name: str) -> bool:
    """Whether anybody but agents is in a room; true also where the server does not say."""
    try:
        async with asyncio.timeout(REQUEST_LIMIT):
            there = await rooms.list_participants(api.ListParticipantsRequest(room=name))
    except _FAILURES as error:
        extra = {"error": type(error).__name__}
        logger.warning("could not find out who is in the room", extra=extra)
        return True
    return any(who.kind != ParticipantInfo.AGENT for who in there.participants)


async def _is_opened_by_agent(job: JobContext) -> bool:
    room, assigned = job.room, job.job.room.sid
    if not assigned or not room.isconnected():
        return False
    try:
        async with asyncio.timeout(REQUEST_LIMIT):
            if await room.sid == assigned:
                return False
    except TimeoutError:
        # It counts as the job's own.
        return False
    joined = room.local_participant.joined_at
    return (
        joined is not None
        and joined - room.creation_time <= OPENED_BY_JOIN
        and all(map(_is_agent, room.remote_participants.values()))
    )


def _is_agent(participant: rtc.RemoteParticipant) -> bool:
    return participant.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
