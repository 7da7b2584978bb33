"""A worker that is to end asks its rooms to go to other workers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import aiohttp
from livekit import api
from livekit.api.agent_dispatch_service import AgentDispatchService
from livekit.protocol.agent import Job

from worker.hosting import occupancy
from worker.hosting.identity import identity_in_room, identity_of_job
from worker.hosting.job_fields import job_fields

from .dispatching import dispatch_service
from .requests import Purpose, sign
from .room_lists import FAILURES, failure_name
from .room_view import Agent, wants_in

if TYPE_CHECKING:
    from livekit.agents.job import RunningJobInfo

    from worker.hosting.room_client import RoomClient

logger = logging.getLogger(__name__)

INTERVAL = 0.1
"""Seconds from one room to the next: the other workers and the server have each of them to open."""

CALL_LIMIT = 2.0
"""Seconds for an agent's answer."""

RETRY_DELAY = 1.0
"""Seconds after which an agent is asked again that did not answer: it may only be joining."""

END_INTERVAL = 0.25
"""Seconds between two looks at whether a job has ended."""

CLEANING_LIMIT = 3.0
"""Seconds for the deletion of dispatches when all has ended."""

HttpSession = Callable[[], AbstractAsyncContextManager[aiohttp.ClientSession]]


class HandingOver:
    """Asks the agent of each job to let another one take its place, and removes what they leave."""

    def __init__(
        self, running: Callable[[], Iterable[RunningJobInfo]], http_session: HttpSession
    ) -> None:
        """Ask nothing yet.

        Args:
            running: The jobs.
            http_session: Asks the server.
        """
        self._running = running
        self._http_session = http_session
        self._asked: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Ask one after the other, also those that come late, until cancelled."""
        if occupancy.FEATURE.misfits:
            return
        loop = asyncio.get_running_loop()
        while True:
            for info in list(self._running()):
                if info.job.id not in self._asked and not info.fake_job:
                    self._asked[info.job.id] = loop.create_task(self._hand_over(info))
                    await asyncio.sleep(INTERVAL)
            await asyncio.sleep(INTERVAL)

    async def aclose(self) -> None:
        """Wait for the deletion of dispatches whose jobs have ended, and give up the others."""
        left = {info.job.id for info in self._running()}
        for job_id in left & self._asked.keys():
            self._asked[job_id].cancel()
        if self._asked:
            _, pending = await asyncio.wait(self._asked.values(), timeout=CLEANING_LIMIT)
            for task in pending:
                task.cancel()

    async def _hand_over(self, info: RunningJobInfo) -> None:
        async with self._http_session() as session:
            from worker.hosting.room_client import RoomClient

            dispatches = dispatch_service(session)
            former = await self._ask(info, RoomClient(session), dispatches)
            # The pool's jobs tell of their end in other words in each mode; this says it in both.
            while self._runs(info):  # noqa: ASYNC110
                await asyncio.sleep(END_INTERVAL)
            # They would pile up with each worker that the room goes to. Where none came next, they say that
            # the room has lost its agent.
            if former and await _is_followed(dispatches, info, former):
                for dispatch_id in former:
                    await _delete(dispatches, dispatch_id, info.job.room.name)

    async def _ask(
        self, info: RunningJobInfo, rooms: RoomClient, dispatches: AgentDispatchService
    ) -> list[str]:
        """Ask a job's agent until it has agreed. Returns the dispatches that the room needs no more then."""
        job, identity = info.job, _identity(info)
        former: list[str] | None = None
        while self._runs(info):
            try:
                # Only before it is asked: it may agree unheard, and the next agent's dispatch is to stay.
                if former is None:
                    there = await dispatches.list_dispatch(job.room.name)
                    former = [each.id for each in there if _is_former(each, job, identity)]
                request = sign(Purpose.HAND_OVER, job.id)
                method = Purpose.HAND_OVER.value
                await rooms.call(job.room.name, identity, method, CALL_LIMIT, request)
            except FAILURES as error:
                extra = {**job_fields(job), "error": failure_name(error)}
                logger.debug("agent does not hand over yet", extra=extra)
                await asyncio.sleep(RETRY_DELAY)
            else:
                break
        return former or []

    def _runs(self, info: RunningJobInfo) -> bool:
        return any(other.job.id == info.job.id for other in self._running())


def _identity(info: RunningJobInfo) -> str:
    return identity_in_room(info.accept_arguments.identity, info.job.id)


def _is_former(dispatch: api.AgentDispatch, job: Job, identity: str) -> bool:
    """Whether a dispatch is a job's, or brought earlier agents of the same identity."""
    jobs = dispatch.state.jobs
    return dispatch.id == job.dispatch_id or (
        len(jobs) > 0
        and all(
            each.state.participant_identity == identity_of_job(identity, each.id) for each in jobs
        )
    )


async def _is_followed(
    dispatches: AgentDispatchService, info: RunningJobInfo, former: list[str]
) -> bool:
    """Whether the room was promised an agent beside these; false where the server does not say."""
    job = info.job
    try:
        there = await dispatches.list_dispatch(job.room.name)
    except FAILURES as error:
        _warn(error)
        return False
    agent = Agent(_identity(info), job.agent_name, job.deployment)
    return any(want.dispatch_id not in former for want in wants_in(there, agent))


async def _delete(dispatches: AgentDispatchService, dispatch_id: str, room: str) -> None:
    try:
        await dispatches.delete_dispatch(dispatch_id, room)
    except FAILURES as error:
        _warn(error)


def _warn(error: BaseException) -> None:
    if isinstance(error, api.ServerError) and error.code in _GONE:
        return
    extra = {"error": failure_name(error)}
    logger.warning("could not delete a dispatch that is over", extra=extra)


_GONE = frozenset({api.ServerErrorCode.NOT_FOUND, api.ServerErrorCode.UNAVAILABLE})
"""What the server says if a dispatch is gone, and after 3 s if its room is (livekit-server 1.13.5)."""
