"""Workers with one store, and what is in it: who has a room, and what is kept of a reply."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from livekit import api

from tests.doubles import FakeOpenAI, echo
from tests.e2e.people import Door, Person
from tests.e2e.rescue.fleet import Fleet
from tests.postgres import PostgresServer
from tests.tokens import token_minter
from tests.waiting import eventually
from tests.worker_process import WorkerProcess
from worker.devstack.livekit_server import LiveKitServer

KEPT_LIMIT = 10.0
"""Seconds until something is in the store, on a busy machine."""

AWAY = "Sorry, I was away"
"""How the line begins that says so. Who comes back within a second does not say it."""


@dataclass(frozen=True)
class Database:
    """A store, as somebody sees it who does not ask the workers."""

    url: str
    """As CHAT_MEMORY names it."""

    server: PostgresServer | None = None
    """None for a file of SQLite."""

    def run(self, statement: str) -> str:
        """Run a statement, and return its rows as lines, with ``|`` between the columns."""
        if self.server is not None:
            return self.server.execute(statement, self.url.rpartition("/")[2])
        with contextlib.closing(self.connect()) as connection:
            found = connection.execute(statement).fetchall()
        return "\n".join("|".join(str(value) for value in row) for row in found)

    def connect(self) -> sqlite3.Connection:
        """Open the file of SQLite, without transactions of its own."""
        path = self.url.removeprefix("sqlite:///")
        return sqlite3.connect(path, timeout=KEPT_LIMIT, isolation_level=None)


@dataclass
class Deployment:
    """A server, an LLM, a store, and the workers that a test starts and ends."""

    server: LiveKitServer
    llm: FakeOpenAI
    database: Database
    fleet: Fleet

    @classmethod
    @contextlib.contextmanager
    def start(cls, database: Database, **settings: str) -> Iterator[Deployment]:
        """Run one without workers, and end all of it with the context."""
        with (
            LiveKitServer.start() as server,
            FakeOpenAI(echo) as llm,
            Fleet(server, llm.base_url, CHAT_MEMORY=database.url, **settings) as fleet,
        ):
            yield cls(server, llm, database, fleet)

    def have_workers(self, number: int) -> None:
        """Start those that are missing, and end those that are too many. Frozen ones must be killed first."""
        for worker in self._begin(number):
            self.fleet.registered(worker)

    async def has_workers(self, number: int) -> None:
        """Do the same while people are in rooms."""
        # A process ends with the thread that began it.
        for worker in self._begin(number):
            await asyncio.to_thread(self.fleet.registered, worker)

    def _begin(self, number: int) -> list[WorkerProcess]:
        while len(self.fleet.workers) > number:
            self.fleet.kill(self.fleet.workers[-1])
        return [self.fleet.begin() for _ in range(number - len(self.fleet.workers))]

    @contextlib.asynccontextmanager
    async def conversation(self) -> AsyncIterator[tuple[str, Person]]:
        """Somebody in a new room, whose agent has answered; the room is closed afterwards."""
        self.llm.script = echo
        room = f"room-{uuid.uuid4().hex[:12]}"
        async with Door(self.server.url, token_minter(self.server), room).enter() as ada:
            await ada.ask("hello")
            yield room, ada
            async with self.livekit() as livekit:
                await livekit.room.delete_room(api.DeleteRoomRequest(room=room))

    @contextlib.asynccontextmanager
    async def livekit(self) -> AsyncIterator[api.LiveKitAPI]:
        """The server's API."""
        url = self.server.url.replace("ws", "http", 1)
        async with api.LiveKitAPI(url, self.server.api_key, self.server.api_secret) as livekit:
            yield livekit

    async def agents(self, room: str) -> list[str]:
        """The identities of the agents in a room, as the server lists them."""
        async with self.livekit() as livekit:
            request = api.ListParticipantsRequest(room=room)
            there = (await livekit.room.list_participants(request)).participants
        return [who.identity for who in there if who.kind == api.ParticipantInfo.AGENT]

    def owner(self, room: str) -> WorkerProcess:
        """The worker that has a room."""
        pid = self.database.run(
            f"SELECT pid FROM worker JOIN room ON room.owner = worker.id WHERE name = '{room}'"
        )
        return next(worker for worker in self.fleet.workers if str(worker.pid) == pid)

    def room_state(self, room: str) -> str:
        """Whether the store has a room as open, lost or closed."""
        return self.database.run(f"SELECT state FROM room WHERE name = '{room}'").strip()

    def kept(self, room: str, column: str) -> str:
        """A column of the newest turn of a room."""
        return self.database.run(
            f"SELECT {column} FROM turn JOIN room ON room.sid = turn.room_sid "
            f"WHERE name = '{room}' ORDER BY created_at DESC LIMIT 1"
        )

    async def keeps(self, room: str, column: str, value: str) -> None:
        """Wait until a column of a room's newest turn has a value."""
        await eventually(lambda: self.kept(room, column).strip() == value.strip(), KEPT_LIMIT)

    def questions(self, room: str) -> list[str]:
        """What the store keeps of what was asked in a room, in order."""
        return self.database.run(
            "SELECT text FROM question JOIN room ON room.sid = question.room_sid "
            f"WHERE room.name = '{room}' ORDER BY asked_at"
        ).splitlines()

    def asked(self, question: str) -> int:
        """How often the LLM was asked with this as the last question."""
        return sum(
            question in str(request["messages"][-1]["content"]) for request in self.llm.requests
        )


def said(person: Person) -> list[str]:
    """What the agent says to a person, but for having been away."""
    return [text for text in person.texts if not text.startswith(AWAY)]


async def hears(person: Person, *texts: str, limit: float = 15.0) -> None:
    """Wait until these are all the messages of the agent, complete, but for the line about being away."""

    def is_complete() -> bool:
        return said(person) == list(texts) and all(b.complete for b in person.bubbles)

    with contextlib.suppress(TimeoutError):
        await eventually(is_complete, limit)
    assert said(person) == list(texts), person.texts
    assert all(bubble.complete for bubble in person.bubbles), person.bubbles


def completions(person: Person, message_id: str) -> list[str]:
    """With which texts a message was complete, each time that it was."""
    states = [state for state in person.seen if state.id == message_id]
    return [state.message or "" for state in states if state.complete]
