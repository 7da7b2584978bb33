"""A deployment whose only worker dies, and the rows that outlive it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # It has no types.
from livekit import api

import prompts
from tests.doubles import FakeOpenAI
from tests.e2e.hosting.rooms import records
from tests.e2e.people import Door, Person
from tests.e2e.rescue.fleet import Fleet, agent_sid, another_agent
from tests.tokens import token_minter
from tests.waiting import eventually
from tests.worker_process import REGISTER_LIMIT, REGISTERED, WorkerProcess
from worker.devstack.livekit_server import LiveKitServer

AWAY = prompts.load("notice_away").partition("{")[0]
"""How the agent begins to say that it was not there for a while."""

BACK_LIMIT = 20.0
"""Seconds until a room has an agent again after a restart of the only worker, on a busy machine."""


KEPT_LIMIT = 15.0
"""Seconds until something is stored, on a busy machine."""


@dataclass(frozen=True)
class RememberedDoor(Door):
    """The way into a room whose agent remembers: an answer waits for that, but not for long."""

    fleet: Fleet
    """The workers, one of which sends the agent."""

    @asynccontextmanager
    async def enter(
        self, identity: str = "ada", *, wait: bool = True, **options: Any
    ) -> AsyncIterator[Person]:
        """Come in as `Door.enter` does, and wait until the agent knows what was said before."""
        async with super().enter(identity, wait=wait, **options) as person:
            if wait:
                await eventually(partial(self._remembers, await person.room.sid), KEPT_LIMIT)
            yield person

    def _remembers(self, room_sid: str) -> bool:
        return any(
            record["room_id"] == room_sid
            for worker in self.fleet.workers
            for record in records(worker, "conversation remembered")
        )


@dataclass
class Deployment:
    """A server, an LLM, and a worker with a memory."""

    server: LiveKitServer
    llm: FakeOpenAI
    fleet: Fleet
    worker: WorkerProcess
    """The one that lives."""
    store: str
    """Its database, as CHAT_MEMORY names it."""
    settings: dict[str, str] = field(default_factory=dict)
    """What this worker has of its own, and the one that follows it."""

    def door(self, room_name: str) -> Door:
        """The way into a room."""
        return RememberedDoor(self.server.url, token_minter(self.server), room_name, self.fleet)

    @asynccontextmanager
    async def livekit(self) -> AsyncIterator[api.LiveKitAPI]:
        """The server's API."""
        url = self.server.url.replace("ws", "http", 1)
        async with api.LiveKitAPI(url, self.server.api_key, self.server.api_secret) as livekit:
            yield livekit

    @asynccontextmanager
    async def opened(
        self, room_name: str, agent_name: str = "", conversation: str = ""
    ) -> AsyncIterator[Door]:
        """A room that is opened for an agent, and closed in the end.

        Args:
            room_name: What it is called.
            agent_name: The name of the workers whose agent is to come; empty for any without a name.
            conversation: What its dispatch names the conversation; empty leaves that to the worker.
        """
        metadata = json.dumps({"chat.conversation": conversation}) if conversation else ""
        agent = api.RoomAgentDispatch(agent_name=agent_name, metadata=metadata)
        async with self.livekit() as livekit:
            await livekit.room.create_room(
                api.CreateRoomRequest(name=room_name, empty_timeout=600, agents=[agent])
            )
            try:
                yield self.door(room_name)
            finally:
                await livekit.room.delete_room(api.DeleteRoomRequest(room=room_name))

    async def restart(self, *people: Person, meanwhile: str = "") -> None:
        """Kill the worker, start another one, and wait until it is in these people's rooms.

        Args:
            people: One for each room.
            meanwhile: An SQL statement that is run while there is no worker.
        """
        sids = [agent_sid(person) for person in people]
        self.fleet.kill(self.worker)
        if meanwhile:
            await self.execute(meanwhile)
        # Begun in this thread: the kernel ends a process together with the thread that began it.
        self.worker = self.fleet.begin(**self.settings)
        await asyncio.to_thread(self.worker.wait_for_log, REGISTERED, REGISTER_LIMIT)
        for person, sid in zip(people, sids, strict=True):
            await another_agent(person, sid, BACK_LIMIT)
            # What it says first, it says once it has remembered.
            await eventually(partial(_has_told_of_absence, person), BACK_LIMIT)

    async def execute(self, statement: str) -> list[tuple[object, ...]]:
        """Run an SQL statement in the database, and return the rows."""
        if self.store.startswith("sqlite"):
            return await asyncio.to_thread(self._execute_in_file, statement)
        connection = await asyncpg.connect(self.store)
        try:
            return [tuple(row) for row in await connection.fetch(statement)]
        finally:
            await connection.close()

    def _execute_in_file(self, statement: str) -> list[tuple[object, ...]]:
        with (
            closing(sqlite3.connect(self.store.removeprefix("sqlite:///"), timeout=10)) as file,
            file,
        ):
            return file.execute(statement).fetchall()

    async def delivered(self, room_name: str, number: int) -> None:
        """Wait until so many answers of a room are stored as delivered: others are given again after a restart."""
        turns = "SELECT count(*) FROM turn JOIN conversation ON conversation.id = conversation_id"
        await self._finds(f"{turns} WHERE delivered AND key = 'room:{room_name}'", number)

    async def keeps(self, *texts: str) -> None:
        """Wait until one answer with each of these texts is stored as delivered: then others know of it."""
        for text in texts:
            answer = f"reply_text LIKE '%{text}%'"
            await self._finds(f"SELECT count(*) FROM turn WHERE delivered AND {answer}", 1)

    async def _finds(self, count: str, number: int) -> None:
        async with asyncio.timeout(KEPT_LIMIT):
            # The worker's doing, which no event here can announce.
            while await self.execute(count) != [(number,)]:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def texts(self, room_name: str) -> set[object]:
        """All that people wrote and were answered in the conversations of a room, as it is stored."""
        of_room = "SELECT id FROM conversation WHERE key = 'room:" + room_name + "'"
        asked = f"SELECT text FROM question WHERE conversation_id IN ({of_room})"
        answered = f"SELECT reply_text FROM turn WHERE conversation_id IN ({of_room})"
        return {text for (text,) in await self.execute(f"{asked} UNION ALL {answered}")}


def said(person: Person) -> list[str]:
    """The complete messages that a person sees, without what the agent says of its absence."""
    return [text for text in person.answers if not text.startswith(AWAY)]


def _has_told_of_absence(person: Person) -> bool:
    return any(text.startswith(AWAY) for text in person.answers)
