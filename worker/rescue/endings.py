"""Takes away what has LiveKit list an agent, when the room is not to have it any more.

Else workers that look for rooms which lost their agent would bring it back.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from enum import Enum

from livekit import rtc
from livekit.agents import JobContext

from .joining import is_rescue
from .room_lists import FAILURES, RoomLists, failure_name
from .room_view import Agent, Want, wants_in

logger = logging.getLogger(__name__)

SETTLED = 15.0
"""Seconds after which a dispatch that no worker took counts as one of before the agent's end."""

_ENDED_BY_WORKER = "parent process shutdown"
_NOT_ITS_OWN_DOING = frozenset({_ENDED_BY_WORKER, "room disconnected", "job crashed"})
"""What livekit-agents gives as the reason of ends that the job did not ask for."""

_SECOND = 1_000_000_000


class Need(Enum):
    """Whether a room is still to have an agent, though its agent ends."""

    NONE = "none"
    """It is to stay without."""

    ANOTHER = "another"
    """It needs one."""

    HAS_COME = "has come"
    """One has just taken the place of this one."""


OnEnd = Callable[[Need], Awaitable[None]]
"""Told what the room needs after the end of its agent."""


async def _tell_nobody(need: Need) -> None:
    """Without a store nobody else has to know."""


def was_asked_for(job: JobContext) -> bool:
    """Whether a job is in a room that is to have an agent; those of `console` and `connect` are not."""
    return bool(job.job.dispatch_id) or is_rescue(job.job.id)


def watch_end(job: JobContext, identity: str, on_end: OnEnd = _tell_nobody) -> None:
    """See to it that a job which ends on purpose is not taken for one that died.

    It does so if its agent is removed, if its dispatch is deleted, and if it ends itself. Call it before
    the room is connected.

    Args:
        job: The job.
        identity: Its agent's identity in the room.
        on_end: Told of the end of a job that was asked for.
    """
    if not was_asked_for(job):
        return
    ending = _Ending(job, identity, on_end)
    job.room.on("disconnected", ending.on_disconnected)
    job.add_shutdown_callback(ending.on_shutdown)


class _Ending:
    def __init__(self, job: JobContext, identity: str, on_end: OnEnd) -> None:
        self._job = job
        self._on_end = on_end
        self._agent = Agent(identity, job.job.agent_name, job.job.deployment)
        # Requests are made with what livekit-agents keeps in the context of the job.
        self._context = contextvars.copy_context()
        self._left: rtc.DisconnectReason.ValueType | None = None
        self._task: asyncio.Task[Need] | None = None

    def on_disconnected(self, reason: rtc.DisconnectReason.ValueType) -> None:
        self._left = reason
        if reason == rtc.DisconnectReason.PARTICIPANT_REMOVED:
            # At once: the job may go on for long, and the room looks lost.
            self._start(self._context)

    def _start(self, context: contextvars.Context | None = None) -> asyncio.Task[Need]:
        loop = asyncio.get_running_loop()
        self._task = loop.create_task(self._take_back(), name="dispatch", context=context)
        return self._task

    async def on_shutdown(self, reason: str) -> None:
        await self._on_end(await self._settle(reason))

    async def _settle(self, reason: str) -> Need:
        """Take back what is to be taken back. Returns what the room needs."""
        if self._task is not None:
            return await self._task
        if self._left == rtc.DisconnectReason.DUPLICATE_IDENTITY:
            await self._leave_place()
            return Need.HAS_COME
        if self._left in _LEFT_BY_ITSELF and (
            reason not in _NOT_ITS_OWN_DOING or reason == _ENDED_BY_WORKER
        ):
            return await self._take_back(only_if_deleted=reason == _ENDED_BY_WORKER)
        return Need.ANOTHER

    async def _leave_place(self) -> None:
        """Take back the dispatch of an agent whose place another one has taken, with one of its own.

        If there is no other one, this one stands for it: its own was deleted by an agent that it removed.
        """
        job, lists = self._job.job, RoomLists(self._job.api)
        try:
            wants = wants_in(await lists.dispatches(job.room.name), self._agent)
        except FAILURES as error:
            _log(error)
            return
        if any(want.dispatch_id != job.dispatch_id for want in wants):
            await self._delete([job.dispatch_id])

    async def _take_back(self, *, only_if_deleted: bool = False) -> Need:
        """Take back all that has the room listed as one with an agent.

        Args:
            only_if_deleted: Do nothing unless somebody has deleted the job's own dispatch.

        Returns:
            What the room needs.
        """
        job, lists = self._job.job, RoomLists(self._job.api)
        try:
            wants = wants_in(await lists.dispatches(job.room.name), self._agent)
        except FAILURES as error:
            _log(error)
            return Need.ANOTHER if only_if_deleted else Need.NONE
        own = next((want for want in wants if want.dispatch_id == job.dispatch_id), None)
        if own is not None and only_if_deleted:
            return Need.ANOTHER
        now = time.time()
        gone = of_before(wants, promised_until(own, job.state.started_at, now), now)
        await self._delete(gone)
        return Need.NONE if len(gone) == len(wants) else Need.ANOTHER

    async def _delete(self, dispatch_ids: Iterable[str]) -> None:
        lists = RoomLists(self._job.api)
        try:
            for dispatch_id in filter(None, dispatch_ids):
                await lists.delete_dispatch(self._job.job.room.name, dispatch_id)
        except FAILURES as error:
            _log(error)


_LEFT_BY_ITSELF = frozenset({None, rtc.DisconnectReason.CLIENT_INITIATED})
"""Left as jobs leave when they end; rooms that are closed take their dispatches along."""


def of_before(wants: Sequence[Want], since: int, date: float) -> list[str]:
    """Return the dispatches that stand for an agent which ended, and for those before it.

    What was asked for after it came is another agent, which may be on its way.

    Args:
        wants: The agents that the room was promised.
        since: Since when the agent was promised, in nanoseconds by LiveKit's clock.
        date: Unix time in seconds.
    """
    settled = (date - SETTLED) * _SECOND
    return [
        want.dispatch_id
        for want in wants
        if want.since <= since or (not want.had_agent and want.since < settled)
    ]


def promised_until(own: Want | None, started_at: int, date: float) -> int:
    """Return until when a dispatch was made that stands for an agent which ended, by LiveKit's clock in nanoseconds.

    An agent that lost its own dispatch may have lost it to another one, which made a dispatch just before that,
    but was removed from the room when this one joined. What that one made stays.

    Args:
        own: What promised the agent; None if somebody has deleted it.
        started_at: When its job began, in nanoseconds by LiveKit's clock; 0 if LiveKit does not know of it.
        date: Unix time in seconds.
    """
    if own is not None:
        return own.since
    return min(started_at, int((date - SETTLED) * _SECOND))


def _log(error: BaseException) -> None:
    extra = {"error": failure_name(error)}
    logger.warning("could not take back the dispatch of an agent that is not wanted", extra=extra)
