"""Whatever becomes of the store, people are answered at once, and no log says what they wrote."""

from __future__ import annotations

import asyncio
import contextlib
import json
import resource
import sqlite3
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import psutil
import pytest

from tests.conftest import make_tables
from tests.doubles import FakeOpenAI, Reply, echo
from tests.doubles.proxy import Proxy
from tests.e2e.people import Door, Person
from tests.e2e.rescue.deployment import Database, Deployment, completions
from tests.e2e.rescue.fleet import Fleet
from tests.e2e.scripts import conversation, in_turn
from tests.postgres import PostgresServer
from tests.tokens import token_minter
from tests.waiting import eventually
from tests.worker_process import REGISTER_LIMIT, WorkerProcess
from worker.devstack.livekit_server import LiveKitServer
from worker.devstack.ports import LOOPBACK, free_port

CANARY = "what-nobody-may-read"
"""Part of all that people write, and of who they are."""

DELAY = 0.15
"""Seconds by which a store may delay an answer."""

BUSY = 0.25
"""Seconds by which a busy machine may do so."""

RECOVERY = 30.0
"""Seconds until a store that works again is used: it is tried each few seconds."""

UNREACHABLE = (
    "the database of CHAT_MEMORY cannot be reached; until it works again nothing is remembered"
)
SLOW = "the database of CHAT_MEMORY does not answer in time; until it works again nothing is remembered"
WORKS = "the database of CHAT_MEMORY works again"


@dataclass
class Scene:
    """A worker whose store fails, and somebody who talks with it."""

    deployment: Deployment
    worker: WorkerProcess
    health: str
    """Where the worker's health check is."""
    room: str
    ada: Person

    async def ask(self, text: str) -> float:
        """Ask, and return how many seconds it took until the answer began."""
        text = f"{text} {CANARY}"
        answer = f"You said: {text}"
        before = asyncio.get_running_loop().time()
        await self.ada.say(text)
        await eventually(lambda: any(answer.startswith(t) and t for t in self.ada.texts[-1:]), 15)
        began = asyncio.get_running_loop().time()
        await eventually(lambda: self.ada.answers[-1:] == [answer], 15)
        assert self.ada.texts.count(answer) == 1
        return began - before

    async def is_(self, state: str, limit: float = RECOVERY) -> None:
        """Wait until the health check says this of the memory; nothing if it is well."""
        told = ""
        async with asyncio.timeout(limit), aiohttp.ClientSession() as http:
            while not (state in told if state else told == "OK"):
                async with http.get(self.health) as answer:
                    assert answer.status == 200
                    told = await answer.text()
                # Another process's doing, which no event here can announce.
                await asyncio.sleep(0.1)

    def keeps(self, text: str) -> bool:
        """Whether the store has an answer, once, which was delivered."""
        where = f"reply_text = 'You said: {text} {CANARY}' AND delivered"
        found = self.deployment.database.run(f"SELECT count(*) FROM turn WHERE {where}")
        assert int(found) <= 1
        return found == "1"

    async def kept(self, *texts: str) -> None:
        await eventually(lambda: all(self.keeps(text) for text in texts), RECOVERY)

    def said(self, line: str) -> int:
        """How often the worker has logged a line."""
        return sum(record["message"] == line for record in self.worker.logs)


@contextlib.asynccontextmanager
async def scene_of(
    livekit_server: LiveKitServer, llm: FakeOpenAI, database: Database, memory: str
) -> AsyncIterator[Scene]:
    """Start a worker with a store, and enter a room. At the end its log must say nothing of what was said."""
    port = free_port()
    settings = {"CHAT_MEMORY": memory, "CHAT_HEALTH_PORT": str(port), "CHAT_OVERLAP": "queue"}
    with Fleet(livekit_server, llm.base_url, **settings) as fleet:
        worker = fleet.begin()
        await asyncio.to_thread(fleet.registered, worker)
        deployment = Deployment(livekit_server, llm, database, fleet)
        room = f"room-{uuid.uuid4().hex[:12]}"
        door = Door(livekit_server.url, token_minter(livekit_server), room)
        async with door.enter(f"identity-{CANARY}", name=f"Name {CANARY}") as ada:
            yield Scene(deployment, worker, f"http://{LOOPBACK}:{port}/", room, ada)
    logged = "\n".join(json.dumps(record, ensure_ascii=False) for record in worker.logs)
    assert CANARY not in logged
    assert "Traceback" not in logged
    if database.server is not None:
        assert database.server.password not in logged
    for word in ("INSERT INTO", "UPDATE ", "SELECT "):
        assert word not in logged


@pytest.fixture
def postgres(postgres_server: PostgresServer) -> Iterator[Database]:
    """A database without tables."""
    with postgres_server.database() as url:
        yield Database(url, postgres_server)


async def test_a_server_comes_late_and_freezes_and_goes(
    livekit_server: LiveKitServer, fake_openai: FakeOpenAI, postgres: Database
) -> None:
    assert postgres.server is not None
    async with Proxy(postgres.server.port) as proxy:
        memory = postgres.url.replace(f":{postgres.server.port}/", f":{proxy.port}/")
        async with scene_of(livekit_server, fake_openai, postgres, memory) as scene:
            await a_server_that_is_down_at_the_start(scene, proxy)
            await a_server_that_freezes(scene, proxy)
            await a_server_that_goes(scene, proxy)
            assert (scene.said(UNREACHABLE), scene.said(SLOW)) == (1, 1)


async def a_server_that_is_down_at_the_start(scene: Scene, proxy: Proxy) -> None:
    """What is said before it is there is written then."""
    await scene.ask("at first")
    await scene.is_("memory: degraded (unreachable)")
    assert scene.said(UNREACHABLE) == 1
    await proxy.open()
    await scene.is_("")
    await scene.kept("at first")
    assert scene.said(WORKS) == 1
    await scene.ask("then")
    told = conversation(scene.deployment.llm.requests[-1])
    assert [text.split("\n")[-1] for role, text in told if role == "user"] == [
        f"{text} {CANARY}" for text in ("at first", "then")
    ]


async def a_server_that_freezes(scene: Scene, proxy: Proxy) -> None:
    """Answers begin hardly later, and go on at their pace."""
    usual = max([await scene.ask(f"usual {number}") for number in range(3)])
    interval, count = 0.05, 30
    reply = Reply([f"{n} " for n in range(count)], interval=interval, hold_after=1)
    scene.deployment.llm.script = in_turn(reply)
    await scene.ada.say(f"long {CANARY}")
    await scene.ada.sees("0 ")
    proxy.freeze()
    reply.release.set()
    began = asyncio.get_running_loop().time()
    await eventually(lambda: scene.ada.answers[-1].endswith(f"{count - 1} "), 15)
    assert asyncio.get_running_loop().time() - began < interval * count + 4 * BUSY
    delays = [await scene.ask(f"frozen {number}") for number in range(3)]
    assert max(delays) < usual + DELAY + BUSY
    await scene.is_("memory: degraded (slow)")
    proxy.thaw()
    await scene.is_("")
    await scene.kept(*(f"frozen {number}" for number in range(3)))


async def a_server_that_goes(scene: Scene, proxy: Proxy) -> None:
    """It is back in the middle of a reply: nothing is there twice, and nobody has lost a room."""
    reply = Reply(["one ", "two ", "three"], hold_after=2)
    scene.deployment.llm.script = in_turn(reply)
    sid = scene.ada.agent.sid if scene.ada.agent else None
    await scene.ada.say(f"count {CANARY}")
    await scene.ada.sees("one two ")
    await proxy.close()
    await scene.is_("memory: degraded (unreachable)")
    await scene.ada.say(f"waiting {CANARY}")
    await proxy.open()
    reply.release.set()
    await scene.ada.sees("one two three", f"You said: waiting {CANARY}")
    await scene.is_("")
    await scene.kept("waiting")
    texts = scene.ada.texts
    assert len(texts) == len(set(texts))
    assert completions(scene.ada, scene.ada.bubbles[-2].id) == ["one two three"]
    turns = scene.deployment.database.run("SELECT count(*) FROM turn")
    assert int(turns) == len(texts)
    assert (scene.ada.agent.sid if scene.ada.agent else None) == sid


async def test_a_file_is_damaged_and_locked_and_has_no_room(
    livekit_server: LiveKitServer, fake_openai: FakeOpenAI, tmp_path: Path
) -> None:
    path = tmp_path / "memory.db"
    path.write_bytes(f"no database, but {CANARY}".encode() * 1000)
    database = Database(f"sqlite:///{path}")
    async with scene_of(livekit_server, fake_openai, database, database.url) as scene:
        assert CANARY.encode() in set_aside(path)
        assert scene.said(
            "the database of CHAT_MEMORY was damaged and has been set aside; a new one is begun"
        )
        await scene.ask("at first")
        await scene.kept("at first")
        await a_file_that_is_locked(scene)
        await a_file_that_has_no_room(scene, path)


def set_aside(path: Path) -> bytes:
    """What was in a damaged file."""
    (damaged,) = path.parent.glob(f"{path.name}.corrupt-*")
    return damaged.read_bytes()


async def a_file_that_is_locked(scene: Scene) -> None:
    """Another program has it for longer than is waited for."""
    usual = max([await scene.ask(f"usual {number}") for number in range(3)])
    with contextlib.closing(scene.deployment.database.connect()) as lock:
        lock.execute("BEGIN IMMEDIATE")
        delays = [await scene.ask(f"locked {number}") for number in range(3)]
        await scene.is_("memory: degraded")
    assert max(delays) < usual + DELAY + BUSY
    await scene.is_("")
    await scene.kept(*(f"locked {number}" for number in range(3)))


async def a_file_that_has_no_room(scene: Scene, path: Path) -> None:
    """The kernel lets no file grow, as on a disk that is full."""
    process = psutil.Process(scene.worker.pid)
    usual = process.rlimit(resource.RLIMIT_FSIZE)
    process.rlimit(resource.RLIMIT_FSIZE, (4096, usual[1]))
    try:
        for number in range(3):
            await scene.ask(f"full {number}")
        await scene.is_("memory: degraded")
    finally:
        process.rlimit(resource.RLIMIT_FSIZE, usual)
    await scene.is_("")
    await scene.kept(*(f"full {number}" for number in range(3)))
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_database_of_a_newer_version_is_refused_in_one_line(
    kind: str, tmp_path: Path, postgres: Database, livekit_server: LiveKitServer
) -> None:
    path = tmp_path / f"{CANARY}.db"
    database = Database(f"sqlite:///{path}") if kind == "sqlite" else postgres
    if kind == "sqlite":
        path.touch()
    make_tables(database.url)
    database.run("UPDATE alembic_version SET version_num = '9999'")
    with FakeOpenAI(echo) as llm, Fleet(livekit_server, llm.base_url) as fleet:
        worker = fleet.begin(CHAT_MEMORY=database.url)
        assert worker.wait_for_end(REGISTER_LIMIT) == 2
        worker.stop()
        lines = [record["message"] for record in worker.logs]
    assert lines == [
        "CHAT_MEMORY names the database of a newer version; run that version, or name another"
    ]
