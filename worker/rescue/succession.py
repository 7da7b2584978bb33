"""One room that is handed over: its agent stops between two turns, and another worker's takes its place."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Protocol

import aiohttp
from livekit import api, rtc
from livekit.agents import JobContext

from chat import ChatMessage
from worker import hosting

from .dispatching import TAKES_OVER, Successor, ask_for_successor
from .joining import is_rescue
from .listening import Listener
from .parcels import Parcels, pack
from .requests import Purpose, read, sign
from .room_lists import FAILURES

logger = logging.getLogger(__name__)

RETRY_DELAY = 15.0
"""Seconds from a try that nobody took to the next one."""

PASS_ON_LIMIT = 10.0
"""Seconds for telling the next agent what is left. It answers as soon as it is in the room."""

LISTENING_LIMIT = 1.2
"""Seconds until somebody listens, for which the next agent is kept waiting. It asks three times, each 0.5 s, and
comes then: on a machine with nothing else to do somebody listens after 0.15 s."""

SETTLING = 0.3
"""Seconds for which what was written before the next agent was there can still be on its way."""

CALL_LIMIT = 1.0
CALL_INTERVAL = 0.1

NOT_ALLOWED = 403
"""Code of the RPC error for whoever does not have the worker's key."""


class Outgoing(Protocol):
    """What an agent can do to be followed by another one, see `assistant.handing_over`."""

    async def rest(self, limit: float) -> bool:
        """Begin no turn any more, and wait at most so many seconds. Returns whether nothing goes on."""
        ...

    async def make_way(self) -> None:
        """Take back what goes on."""
        ...

    def go_on(self) -> None:
        """Begin turns again."""
        ...

    def leave(self) -> str:
        """Say what is still to be answered, for `take_over` of the next agent."""
        ...

    def missed(self, heard: Iterable[ChatMessage]) -> str | None:
        """What of this the agent has not heard itself, likewise."""
        ...

    def take_over(self, left: str) -> None:
        """Answer what the agent before has left or missed."""
        ...


class Succession:
    """Hands a job's room over when its worker asks, and takes over what the agent before has left."""

    def __init__(
        self,
        job: JobContext,
        agent: Outgoing,
        connection: hosting.Connection,
        grace: float,
        listen: Callable[[], Listener] | None,
    ) -> None:
        """Be there to be asked.

        Args:
            job: Whose room, connected.
            agent: Who talks there.
            connection: Shows to others whether the agent may be replaced.
            grace: Seconds for which a running reply may go on.
            listen: Lets somebody listen while neither agent is there. None if the next agent must not be told
                anything by way of the server.
        """
        self._job = job
        self._agent = agent
        self._connection = connection
        self._grace = grace
        self._listen = listen
        self._listener: Listener | None = None
        self._waits_until = 0.0
        self._rests = False
        self._parcels = Parcels()
        self._handing: asyncio.Task[None] | None = None
        self._passing_on: asyncio.Task[None] | None = None
        self._successor = Successor()
        room = job.room
        room.on("disconnected", self._on_disconnected)
        self._participant = room.local_participant
        self._participant.register_rpc_method(Purpose.HAND_OVER.value, self._on_hand_over)
        self._participant.register_rpc_method(Purpose.TAKE_OVER.value, self._on_take_over)

    async def aclose(self) -> None:
        """Be asked no more, and tell the next agent, if there is one, what is left."""
        self._job.room.off("disconnected", self._on_disconnected)
        for purpose in Purpose:
            # The native side keeps a room for ever that has a method registered.
            self._participant.unregister_rpc_method(purpose.value)
        if self._handing is not None:
            self._handing.cancel()
            await asyncio.wait({self._handing})
        if self._passing_on is not None:
            await asyncio.wait({self._passing_on})
        self._stop_listening()

    def _stop_listening(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _on_disconnected(self, reason: rtc.DisconnectReason.ValueType) -> None:
        if reason == rtc.DisconnectReason.DUPLICATE_IDENTITY:
            self._successor.joined.set()
            if self._listen is None:
                return
            # The next agent waits for it.
            self._passing_on = asyncio.get_running_loop().create_task(
                self._pass_on(), name="passing on"
            )

    async def _on_hand_over(self, call: rtc.RpcInvocationData) -> str:
        self._read(call, Purpose.HAND_OVER, self._job.job.id)
        if self._handing is None:
            self._handing = asyncio.get_running_loop().create_task(
                self._hand_over(), name="hand-over"
            )
        return ""

    async def _on_take_over(self, call: rtc.RpcInvocationData) -> str:
        left = self._parcels.add(self._read(call, Purpose.TAKE_OVER, self._job.room.name))
        if left is not None:
            self._agent.take_over(left)
        return ""

    def _read(self, call: rtc.RpcInvocationData, purpose: Purpose, subject: str) -> str:
        content = read(call.payload, purpose, subject)
        if content is None:
            raise rtc.RpcError(NOT_ALLOWED, "only a worker can ask for this")
        return content

    async def _hand_over(self) -> None:
        while not self._successor.joined.is_set():
            try:
                await self._try()
            except FAILURES as error:
                extra = {"error": type(error).__name__}
                logger.warning("could not ask for another worker", extra=extra)
            if not self._successor.joined.is_set():
                self._connection.announce_staying()
                self._stop_listening()
                self._agent.go_on()
                logger.info("no other worker took the room")
                await asyncio.sleep(RETRY_DELAY)

    async def _try(self) -> None:
        logger.info("handing the room over")
        self._rests = await self._agent.rest(self._grace)
        self._successor.is_coming = False
        self._connection.announce_leaving(self._make_way)
        await ask_for_successor(
            self._job.api.agent_dispatch,
            self._job.job,
            self._successor,
            self._connection.announce_staying,
        )

    async def _make_way(self) -> None:
        """Do what is only done for somebody who is about to come."""
        self._successor.is_coming = True
        loop = asyncio.get_running_loop()
        if self._listen is not None and self._listener is None:
            self._listener = self._listen()
            self._waits_until = loop.time() + LISTENING_LIMIT
        if not self._rests:
            # A reply that goes on is given up.
            await self._agent.make_way()
        if self._listener is not None:
            await self._listener.ready(max(0.0, self._waits_until - loop.time()))

    async def _pass_on(self) -> None:
        left = self._agent.leave()
        try:
            async with (
                asyncio.timeout(PASS_ON_LIMIT),
                aiohttp.ClientSession(trust_env=True) as http,
            ):
                await self._tell(http, left)
                # Whoever answers hears what is said from now on.
                await asyncio.sleep(SETTLING)
                heard = self._listener.heard if self._listener is not None else ()
                if (missed := self._agent.missed(heard)) is not None:
                    await self._tell(http, missed)
        except FAILURES as error:
            extra = {"error": type(error).__name__}
            logger.warning("could not hand over what is to be answered", extra=extra)

    async def _tell(self, http: aiohttp.ClientSession, text: str) -> None:
        for piece in pack(text):
            await self._tell_piece(http, piece)

    async def _tell_piece(self, http: aiohttp.ClientSession, piece: str) -> None:
        """Tell the next agent until it listens."""
        from worker.hosting.room_client import RoomClient

        name = self._job.room.name
        request = sign(Purpose.TAKE_OVER, name, piece)
        while True:
            try:
                await RoomClient(http).call(
                    name,
                    self._participant.identity,
                    Purpose.TAKE_OVER.value,
                    CALL_LIMIT,
                    request,
                )
            except (api.ServerError, aiohttp.ClientError):
                await asyncio.sleep(CALL_INTERVAL)
            else:
                return


def takes_over(job: JobContext) -> bool:
    """Whether a job's agent goes on where another one has left off."""
    return TAKES_OVER in job.job.attributes


def goes_on(job: JobContext) -> bool:
    """Whether there was an agent in a job's room before, whatever has become of it."""
    return is_rescue(job.job.id) or takes_over(job)
